#!/usr/bin/env python3
"""Trains the demo's two models on one CPU core and exports them as GGUF.

    apt-get install python3-torch libopenblas0-pthread python3-numpy
    python3 train.py small          # or large, or questions
"""

import argparse
import json
import math
import pathlib
import time

import torch
from torch import nn
from torch.nn import functional as F

import data
import gguf

HERE = pathlib.Path(__file__).resolve().parent
HEAD = 16
CONTEXT = 256
ROPE_BASE = 10000.0
EPSILON = 1e-5
SIZES = {
    "small": dict(width=48, layers=2, inner=128, rate=4e-3, seconds=300),
    "large": dict(width=96, layers=3, inner=256, rate=3e-3, seconds=600),
}


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


def rotate(x, cos, sin):
    """Rotary embedding over neighbouring dimensions, as llama.cpp does for this architecture."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.attn_norm, self.ffn_norm = Norm(width), Norm(width)
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (
            nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.ffn_gate, self.ffn_up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin, mask):
        n, t, width = x.shape
        h = self.attn_norm(x)
        q, k, v = (
            f(h).view(n, t, width // HEAD, HEAD).transpose(1, 2)
            for f in (self.attn_q, self.attn_k, self.attn_v)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(HEAD) + mask).softmax(-1)
        x = x + self.attn_output((weights @ v).transpose(1, 2).reshape(n, t, width))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Model(nn.Module):
    def __init__(self, width, layers, inner):
        super().__init__()
        self.token_embd = nn.Embedding(data.VOCAB, width)
        self.blk = nn.ModuleList(Block(width, inner) for _ in range(layers))
        self.output_norm = Norm(width)
        self.output = nn.Linear(width, data.VOCAB, bias=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(p, std=0.06 / (math.sqrt(2 * layers) if residual else 1))
        turns = ROPE_BASE ** (-torch.arange(0, HEAD, 2) / HEAD)
        angles = torch.arange(CONTEXT)[:, None] * turns
        self.cos, self.sin = angles.cos(), angles.sin()
        self.mask = torch.full((CONTEXT, CONTEXT), -torch.inf).triu(1)

    def forward(self, tokens, wanted=None):
        """Logits of every position, or of the wanted ones alone."""
        t = tokens.shape[1]
        x = self.token_embd(tokens)
        for block in self.blk:
            x = block(x, self.cos[:t], self.sin[:t], self.mask[:t, :t])
        return self.output(self.output_norm(x if wanted is None else x[wanted]))


def loss_of(model, tokens, targets):
    tokens, targets = torch.from_numpy(tokens), torch.from_numpy(targets)
    wanted = targets >= 0
    return F.cross_entropy(model(tokens, wanted), targets[wanted])


def train(model, rate, seconds, batch, seed):
    """Until the process has used so many seconds of CPU time; returns the number of steps."""
    sampler = data.Sampler(seed)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() != 2]
    groups = [dict(params=matrices, weight_decay=0.05), dict(params=vectors, weight_decay=0.0)]
    optimiser = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    start, step, shown = time.process_time(), 0, 0.0
    while (spent := time.process_time() - start) < seconds:
        done = spent / seconds
        # The rate follows the time used, so the schedule ends with it however fast the machine is.
        scale = min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate * scale
        optimiser.zero_grad(set_to_none=True)
        # Two passes, since "largest" is longer and would pad the sums.
        sums = loss_of(model, *sampler.batch(("addition", "subtraction"), batch))
        (sums * 0.75).backward()
        largest = loss_of(model, *sampler.batch(("largest",), batch // 2))
        (largest * 0.25).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        if spent - shown >= 10:
            shown = spent
            print(f"{spent:5.0f} s  step {step:6d}  sums {sums.item():.4f}  "
                  f"largest {largest.item():.4f}", flush=True)
    return step


@torch.no_grad()
def answer(model, question):
    tokens, _ = data.encode(question, "")
    text = []
    while len(text) < 8:
        token = int(model(torch.tensor([tokens + text]))[0, -1].argmax())
        if token == data.EOS:
            break
        text.append(token)
    return bytes(max(0, t - data.FIRST_BYTE) for t in text).decode(errors="replace")


def accuracy(model):
    for subject, rows in data.held_out().items():
        pairs = [data.wording(subject, row) for row in rows]
        right = sum(answer(model, q) == a for q, a in pairs)
        print(f"{subject}: {right}/{len(pairs)}")


def export(model, name, size, path):
    prefix = "llama."
    heads = size["width"] // HEAD
    fields = [
        ("general.architecture", gguf.STRING, "llama"),
        ("general.name", gguf.STRING, name),
        ("general.license", gguf.STRING, "apache-2.0"),
        ("general.file_type", gguf.UINT32, 0),
        (prefix + "context_length", gguf.UINT32, CONTEXT),
        (prefix + "embedding_length", gguf.UINT32, size["width"]),
        (prefix + "block_count", gguf.UINT32, size["layers"]),
        (prefix + "feed_forward_length", gguf.UINT32, size["inner"]),
        (prefix + "attention.head_count", gguf.UINT32, heads),
        (prefix + "attention.head_count_kv", gguf.UINT32, heads),
        (prefix + "attention.layer_norm_rms_epsilon", gguf.FLOAT32, EPSILON),
        (prefix + "rope.dimension_count", gguf.UINT32, HEAD),
        (prefix + "rope.freq_base", gguf.FLOAT32, ROPE_BASE),
        (prefix + "vocab_size", gguf.UINT32, data.VOCAB),
        # For other servers, which build the prompt from it; the begin token they add themselves.
        ("tokenizer.chat_template", gguf.STRING, "{{ messages[-1]['content'] + '\\n' }}"),
        *gguf.byte_vocabulary(),
    ]
    # The modules carry llama.cpp's tensor names, so nothing is renamed here.
    gguf.write(path, fields, {k: v.numpy() for k, v in model.state_dict().items()})


def write_questions(path):
    """The subjects take turns, so that the first n lines are a fair sample of all."""
    split = data.held_out()
    with open(path, "w") as out:
        for i in range(data.HELD_OUT_PER_SUBJECT):
            for subject, rows in split.items():
                question, right = data.wording(subject, rows[i])
                line = dict(id=f"{subject}-{i:03d}", question=question, answer=right,
                            subject=subject)
                out.write(json.dumps(line) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*SIZES, "questions"])
    parser.add_argument("--seconds", type=float, help="CPU time to train for")
    parser.add_argument("--batch", type=int, default=32, help="questions of a subject per step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "models")
    args = parser.parse_args()
    if args.what == "questions":
        return write_questions(HERE / "questions.jsonl")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    size = dict(SIZES[args.what])
    rate, seconds = size.pop("rate"), size.pop("seconds")
    model = Model(**size)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    steps = train(model, rate, args.seconds or seconds, args.batch, args.seed)
    name = f"abacus-{args.what}"
    export(model, name, size, args.out / f"{name}.gguf")
    print(f"{steps} steps; held-out accuracy:")
    accuracy(model)


if __name__ == "__main__":
    main()
