import sys
from pathlib import Path

# product.py, which runs the program, lies with the tests of conformance.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
