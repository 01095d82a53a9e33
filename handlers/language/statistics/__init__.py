"""What people said before, counted: a linear model over character n-grams, made from the example lines.

Small and explainable: :func:`handlers.language.statistics.score.why` names the pieces of a line that spoke
for a meaning. ``python -m handlers.language.statistics.build`` makes the weights anew from the examples.
"""
