"""Golden files of `safetensors` and `transformers` for tests/text/formats.

Run with torch 2.13, safetensors and transformers 5.18:
python tests/golden/formats/make_formats_golden.py
Writes mixed.safetensors (every dtype, with mixed.json for its values) and tiny GPT-2 models as
`transformers` saves them: an lm (also sharded, as a bare trunk in BF16, and in F16) and a reward.
All weights of the models are multiples of 1/64 below 2, so every dtype holds them exactly.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel, GPT2Model

HERE = Path(__file__).parent
torch.manual_seed(3)

mixed = {
    "f32": torch.tensor([[1.5, -2.25, 3e-40], [float("inf"), 0.1, -0.0]]),
    "f16": torch.tensor([1.0, -0.333, 65504.0, 6e-8, float("inf")], dtype=torch.float16),
    "bf16": torch.tensor([1.0, -0.333, 3e38, 1e-40], dtype=torch.bfloat16),
    "i32": torch.tensor([[1, -2], [2**31 - 1, -(2**31)]], dtype=torch.int32),
    "i64": torch.tensor([0, -1, 2**31 - 1], dtype=torch.int64),
    "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(0.5),
    "none": torch.zeros(0, 4),
}
save_file(mixed, HERE / "mixed.safetensors", metadata={"made by": "tests", "Ünicode": "ja"})
values = {
    name: {"shape": list(t.shape), "values": [str(float(x)) for x in t.flatten()]}
    for name, t in mixed.items()
}
(HERE / "mixed.json").write_text(json.dumps(values) + "\n")

config = GPT2Config(
    n_layer=2, n_embd=4, n_head=2, n_positions=6, vocab_size=9, resid_pdrop=0, embd_pdrop=0,
    attn_pdrop=0, bos_token_id=0, eos_token_id=0, pad_token_id=1, num_labels=1,
)


def randomize(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-100, 100, parameter.shape) / 64)
    return model


def save(model, name, **options):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **options)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for file in folder.iterdir():
        file.chmod(0o644)


ids = torch.tensor([[2, 5, 3, 8, 0]])
lm = randomize(GPT2LMHeadModel(config)).eval()
reward = randomize(GPT2ForSequenceClassification(config)).eval()
save(lm, "lm")
save(reward, "reward")
save(lm, "sharded", max_shard_size="1KB")
save(lm.transformer.to(torch.bfloat16), "trunk-bf16")
lm = lm.to(torch.float16)
save(lm, "f16")
