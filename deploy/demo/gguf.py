"""Writes GGUF version 3, the file format of llama.cpp: as much of it as these models need."""

import struct

import numpy as np

ALIGNMENT = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
F32 = 0


def _string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _scalar(kind, value):
    if kind == STRING:
        return _string(value)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], value)


def _field(key, kind, value):
    if isinstance(value, list):
        head = struct.pack("<IIQ", ARRAY, kind, len(value))
        return _string(key) + head + b"".join(_scalar(kind, v) for v in value)
    return _string(key) + struct.pack("<I", kind) + _scalar(kind, value)


def _pad(blob):
    return blob + b"\0" * (-len(blob) % ALIGNMENT)


def write(path, fields, tensors):
    """fields: (key, kind, value) triples, a list value being an array of that kind.
    tensors: name -> numpy array, stored as float32 with the innermost dimension last."""
    infos, blobs, offset = [], [], 0
    for name, array in tensors.items():
        shape = array.shape[::-1]  # GGUF names the innermost dimension first
        infos.append(
            _string(name)
            + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
            + struct.pack("<IQ", F32, offset)
        )
        blob = _pad(np.ascontiguousarray(array, dtype="<f4").tobytes())
        blobs.append(blob)
        offset += len(blob)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    head += b"".join(_field(*f) for f in fields) + b"".join(infos)
    with open(path, "wb") as out:
        out.write(_pad(head))
        out.writelines(blobs)


def byte_letters():
    """GPT-2's name for each byte: printable bytes stand for themselves, the others move up to
    U+0100 and on, so that every byte, the space included, is one visible character."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(spare)) for b in range(256)]


def byte_vocabulary():
    """Fields of a byte-level tokenizer: unknown, begin, end, then the 256 bytes, no merges."""
    normal, unknown, control = 1, 2, 3
    tokens = ["<unk>", "<s>", "</s>", *byte_letters()]
    return [
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "default"),
        ("tokenizer.ggml.tokens", STRING, tokens),
        ("tokenizer.ggml.token_type", INT32, [unknown, control, control] + [normal] * 256),
        ("tokenizer.ggml.merges", STRING, []),
        ("tokenizer.ggml.unknown_token_id", UINT32, 0),
        ("tokenizer.ggml.bos_token_id", UINT32, 1),
        ("tokenizer.ggml.eos_token_id", UINT32, 2),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
    ]
