"""Programs that look after the project itself; nothing imports them but their tests."""
