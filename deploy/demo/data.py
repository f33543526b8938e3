"""Questions of the demo: how they are drawn, worded, and split into training and held-out.

A question is known by its key, a number made of its subject and its *sorted* operands, so that
"12 + 30" and "30 + 12" are one question: holding out the one keeps the other out of training too.
"""

import numpy as np

SUBJECTS = ("addition", "subtraction", "largest")
HELD_OUT_PER_SUBJECT = 200
SPLIT_SEED = 20240229
UNK, BOS, EOS = 0, 1, 2
FIRST_BYTE = 3
VOCAB = FIRST_BYTE + 256


def operands(subject, n, rng):
    """n rows of three operands of two or three digits; 0 stands in the place a sum leaves free."""
    two = rng.integers(10, 100, size=(n, 3))
    three = rng.integers(100, 1000, size=(n, 3))
    rows = np.where(rng.random((n, 3)) < 0.5, two, three)
    if subject == "largest":
        return rows
    rows[:, 2] = 0
    if subject == "subtraction":
        rows[:, :2] = -np.sort(-rows[:, :2], axis=1)
    return rows


def keys(subject, rows):
    ordered = np.sort(rows, axis=1)
    code = np.full(len(rows), SUBJECTS.index(subject), dtype=np.int64)
    for column in range(3):
        code = code * 1000 + ordered[:, column]
    return code


def held_out():
    """The held-out rows of each subject: the same on every run, no question twice."""
    split = {}
    for subject in SUBJECTS:
        rng = np.random.default_rng([SPLIT_SEED, SUBJECTS.index(subject)])
        rows = operands(subject, 4 * HELD_OUT_PER_SUBJECT, rng)
        _, first = np.unique(keys(subject, rows), return_index=True)
        split[subject] = rows[np.sort(first)[:HELD_OUT_PER_SUBJECT]]
    return split


def wording(subject, row):
    a, b, c = (int(x) for x in row)
    if subject == "addition":
        return f"{a} + {b} = ?", str(a + b)
    if subject == "subtraction":
        return f"{a} - {b} = ?", str(a - b)
    return f"Largest of {a}, {b}, {c}?", str(max(a, b, c))


def encode(question, answer):
    """The chat format: begin, the question, a line end; then the answer and end.

    server.mjs writes the first half of it; the two must agree.
    """
    prompt = [BOS] + [FIRST_BYTE + b for b in (question + "\n").encode()]
    return prompt, [FIRST_BYTE + b for b in answer.encode()] + [EOS]


class Sampler:
    """Endless training batches that never contain a held-out question."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.withheld = {s: keys(s, rows) for s, rows in held_out().items()}

    def rows(self, subject, n):
        drawn = operands(subject, n + n // 8 + 16, self.rng)
        drawn = drawn[~np.isin(keys(subject, drawn), self.withheld[subject])][:n]
        assert len(drawn) == n
        assert not np.isin(keys(subject, drawn), self.withheld[subject]).any()
        return drawn

    def batch(self, subjects, n):
        """Input tokens and targets; a target of -1 (question, padding) carries no loss."""
        pairs = [encode(*wording(s, row)) for s in subjects for row in self.rows(s, n)]
        width = max(len(p) + len(a) for p, a in pairs) - 1
        tokens = np.full((len(pairs), width), EOS, dtype=np.int64)
        targets = np.full((len(pairs), width), -1, dtype=np.int64)
        for i, (prompt, answer) in enumerate(pairs):
            whole = prompt + answer
            tokens[i, : len(whole) - 1] = whole[:-1]
            targets[i, len(prompt) - 1 : len(whole) - 1] = answer
        return tokens, targets
