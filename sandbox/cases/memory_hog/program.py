print("taking", flush=True)
taken = bytearray(b"x") * (1 << 30)
print("took", len(taken))
