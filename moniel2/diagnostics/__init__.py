"""Problems as data: facts first, prose at the edge."""
