"""The scenario lab: move a slider, see the promise hold or break. The controller runs without widgets or a browser."""
