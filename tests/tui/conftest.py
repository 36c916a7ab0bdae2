import sys
from pathlib import Path

sys.dont_write_bytecode = True
# running.py, which runs the agent, lies with the agent's tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "agent"))
