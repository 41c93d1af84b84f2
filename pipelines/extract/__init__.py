"""From a system's bytes to Arrow record batches with the origin of each record.

Belongs here: finding what is new, unwrapping, decoding, typing by declaration.
Does not belong here: the warehouse, landing, or what becomes of the batches.
"""
