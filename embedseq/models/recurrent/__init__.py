"""Recurrent encoders and decoders: the Elman RNN with tanh or ReLU, LSTM and GRU, in any number of layers."""

from embedseq.models.recurrent.cells import Cell
from embedseq.models.recurrent.decoder import RecurrentDecoder
from embedseq.models.recurrent.encoder import RecurrentEncoder
from embedseq.models.recurrent.joining import ALONE, Joining, query_width
from embedseq.models.recurrent.shape import RecurrentShape
from embedseq.models.recurrent.state import RecurrentState

__all__ = ["ALONE", "Cell", "Joining", "RecurrentDecoder", "RecurrentEncoder", "RecurrentShape", "RecurrentState", "query_width"]
