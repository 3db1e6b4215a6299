print("{", flush=True)
raise ValueError("patient 17 died")
