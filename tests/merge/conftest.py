import sys
from pathlib import Path

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
for folder in "conformance", "reader", "agent":  # product.py, made.py, running.py
    sys.path.insert(0, str(TESTS / folder))
