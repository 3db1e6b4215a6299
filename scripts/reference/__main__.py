"""`python -m scripts.reference`: write the pages of docs/reference anew."""

from scripts.reference.pages import FOLDER, pages

for name, text in pages().items():
    (FOLDER / name).write_text(text)
    print(f"docs/reference/{name}")
