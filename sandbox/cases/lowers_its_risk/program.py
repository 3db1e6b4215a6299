SCORE = "/proc/self/oom_score_adj"
with open(SCORE) as file:
    mine = int(file.read())
print("killed before the platform:", mine >= 500)


def changed() -> bool:
    try:
        with open(SCORE, "w") as file:
            file.write("-500")
    except OSError:
        return False
    return True


print("changed:", changed())
