import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

__all__ = ["scaled_copy", "scaled_copy_raw"]

def scaled_copy(values: Buffer, factor: float, /) -> NDArray[np.float64]: ...
def scaled_copy_raw(values: Buffer, factor: float, /) -> NDArray[np.float64]: ...
