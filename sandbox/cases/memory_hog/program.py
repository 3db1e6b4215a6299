print("taking", flush=True)
taken = bytearray(b"x") * (1 << 29)
print("took", len(taken))
