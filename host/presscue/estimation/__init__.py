"""From readings to a frame: the leg press as a slider-crank, the filter on it, and the tracker that runs both."""
