"""``moniel2 explain counts``: what the numbers of a summary mean."""

COUNTS = """\
Counts: what the numbers of `summary` and `graph` mean

Parameters     the numbers in weights. A weight that several places use (`enc()`, `weight = wte.weight`) counts
               once, where it lives. Frozen ones (`trainable = false`) are parameters too; buffers, such as the
               running means of a BatchNorm, are not, and stand in a line of their own.
MACs           multiply-accumulates: one multiplication and the addition that goes with it, half of what is
               called a FLOP elsewhere. Counted are convolutions, matrix products (Linear, MatMul, Einsum) and
               attention, for the shapes as they stand, the batch too; what torch.utils.flop_counter counts,
               halved. Whatever works element by element (norms, activations, sums, pooling, lookups) is not.
  Conv         outputs x kernel x input channels of a group, whatever of it lies in the padding
  attention    queries x keys x (width of a key + width of a value), plus the four projections of a
               MultiHeadAttention; a causal mask saves nothing
  LSTM, GRU    every matrix once for each step of each sequence (torch's counter doesn't see these)
  Bilinear     outputs x width of the first x width of the second
  Scan         its body once a step
Activations    every tensor that an operation gives out, once, in bytes of its dtype (4 where it isn't known);
               a second output, such as the indices of a MaxPool, only where it is read. What training keeps
               depends on the program that trains.
Memory         bytes of the weights by their dtypes: 4 for a float32, 2 where a float16 flows in.

Bytes are counted in thousands: 1 kB is 1000 bytes. A symbolic size stays in the formula, `4089184256*B`, and
`--set B=1` gives the number. What a sketch leaves open adds nothing, and the sum says "at least"; of copies
whose number isn't known one counts, and of a choice that isn't decided yet the smaller branch.
"""
