"""The room of a drawing: its size, and the margins that its axes and labels take."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The size of a drawing and of the margins around its plot, in the drawing's units."""

    width: int
    height: int
    left: int
    right: int
    top: int = 30
    bottom: int = 44
    x_ticks: int
    y_ticks: int = 6

    @property
    def plot_right(self) -> int:
        """The right end of the plot."""
        return self.width - self.right

    @property
    def plot_bottom(self) -> int:
        """The lower end of the plot."""
        return self.height - self.bottom
