import os
import resource

os.chdir("/tmp")
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
pid = os.fork()
if pid == 0:
    os.abort()
_, status = os.waitpid(pid, 0)
print("signal:", os.WTERMSIG(status))
print("core dumped:", os.WCOREDUMP(status))
print("files:", os.listdir("/tmp"))
print("longest core:", resource.getrlimit(resource.RLIMIT_CORE))
