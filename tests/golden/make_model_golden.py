"""Makes tests/golden/model/*.safetensors with PyTorch and transformers.

    pip install torch transformers safetensors numpy
    python tests/golden/make_model_golden.py

Three files: lm (language model, ten AdamW steps), reward (K-wise ranking) and ppo (one rollout and one
update of policy and value model). The models are Hugging Face's own; losses and advantages are plain
torch, written from the papers. Inputs (weights, ids, rollout log-probabilities and values) are rounded
to f32, everything after is computed in f64 and rounded to f32 at the end, so that the files are exact
to 6e-8. Weights are ten times wider than GPT-2's first weights, so that attention is far from uniform
and every term of every gradient is visible; gains and biases are random too.

Made with torch 2.13.0 and transformers 5.18.0.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save as save_bytes
from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel

OUT = Path(__file__).parent / "model"
IGNORE = -100
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def make_model(cls, seed, *, L, C, H, T, V, **extra):
    config = GPT2Config(
        n_layer=L, n_embd=C, n_head=H, n_positions=T, vocab_size=V, activation_function="gelu_new",
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, layer_norm_epsilon=1e-5,
        attn_implementation="eager", **extra,
    )  # fmt: skip
    model = cls(config).double().train()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=generator)
            center = 1.0 if ".ln_" in name and name.endswith("weight") else 0.0
            p.copy_((center + 0.2 * z).float().double())
    return model


def weights_of(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def grads_of(model):
    return {name: p.grad.detach().clone() for name, p in model.named_parameters()}


def prefixed(prefix, tensors):
    return {f"{prefix}/{name}": t for name, t in tensors.items()}


def save(name, tensors, **metadata):
    as_stored = {
        k: (t.float() if t.is_floating_point() else t.to(torch.int32)).contiguous()
        for k, t in tensors.items()
    }
    strings = {k: repr(v) if not isinstance(v, str) else v for k, v in metadata.items()}
    # The library writes metadata in no fixed order; sorted, the same golden gives the same bytes.
    raw = save_bytes(as_stored, metadata=strings)
    size = int.from_bytes(raw[:8], "little")
    header = json.dumps(json.loads(raw[8 : 8 + size]), sort_keys=True, separators=(",", ":"))
    path = OUT / f"{name}.safetensors"
    path.write_bytes(raw[:8] + header.encode().ljust(size) + raw[8 + size :])
    print(path.name, path.stat().st_size, strings)


def f32(t):
    """Rounds an input of the golden computation to what the file will hold."""
    return t.detach().float().double()


# --- language model: logits, loss, gradients, ten AdamW steps ---------------------------------------


def make_lm():
    size = dict(L=2, C=32, H=4, T=16, V=61)
    B, steps = 3, 10
    adam = dict(lr=3e-3, beta1=0.9, beta2=0.95, eps=1e-8, weight_decay=0.1, max_grad_norm=1.0)
    model = make_model(GPT2LMHeadModel, 1, **size, bos_token_id=0, eos_token_id=0)
    generator = torch.Generator().manual_seed(2)
    ids = torch.randint(0, size["V"], (B, size["T"]), generator=generator)
    targets = torch.randint(0, size["V"], (B, size["T"]), generator=generator)
    targets[0, :5] = IGNORE
    targets[2, 11:] = IGNORE
    targets[1, 7] = IGNORE

    before = weights_of(model)
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    plain = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": adam["weight_decay"]},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=adam["lr"],
        betas=(adam["beta1"], adam["beta2"]),
        eps=adam["eps"],
    )
    losses, norms, logits, grads = [], [], None, None
    for step in range(steps):
        optimizer.zero_grad()
        output = model(ids).logits
        loss = F.cross_entropy(output.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
        loss.backward()
        if step == 0:
            logits, grads = output.detach().clone(), grads_of(model)
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), adam["max_grad_norm"]).item())
        optimizer.step()
        losses.append(loss.item())
    save(
        "lm",
        {"input_ids": ids, "targets": targets, "logits": logits,
         "losses": torch.tensor(losses), "grad_norms": torch.tensor(norms),
         **prefixed("before", before), **prefixed("grad", grads),
         **prefixed("after", weights_of(model))},
        **size, B=B, steps=steps, **adam,
    )  # fmt: skip


# --- reward model: scores at the last real token, K-wise loss ----------------------------------------


def make_reward():
    size = dict(L=2, C=16, H=2, T=12, V=29)
    pad, eos, N = 28, 27, 9
    model = make_model(
        GPT2ForSequenceClassification, 3, **size, num_labels=1,
        pad_token_id=pad, eos_token_id=eos, bos_token_id=eos,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(4)
    lengths = torch.tensor([12, 3, 7, 9, 1, 12, 5, 8, 6])
    # Prompt 0 has a tie inside, prompt 1 is one ordered pair, prompt 2 ties throughout and drops out.
    group = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2])
    rank = torch.tensor([2, 1, 2, 3, 1, 2, 1, 1, 1])
    ids = torch.randint(0, eos, (N, size["T"]), generator=generator)
    for n, length in enumerate(lengths):
        ids[n, length - 1] = eos
        ids[n, length:] = pad

    attention_mask = (ids != pad).long()
    scores = model(ids, attention_mask=attention_mask).logits[:, 0]
    per_prompt, correct, margins = [], 0, []
    for g in group.unique():
        members = (group == g).nonzero().flatten().tolist()
        terms = []
        for w in members:
            for l in members:  # noqa: E741
                if rank[w] < rank[l]:
                    terms.append(-F.logsigmoid(scores[w] - scores[l]))
                    margins.append((scores[w] - scores[l]).item())
                    correct += int(scores[w] > scores[l])
        if terms:
            per_prompt.append(torch.stack(terms).mean())
    loss = torch.stack(per_prompt).mean()
    scores.retain_grad()
    loss.backward()
    save(
        "reward",
        {"input_ids": ids, "lengths": lengths, "group": group, "rank": rank,
         "scores": scores.detach(), "dscores": scores.grad, "loss": loss.detach(),
         **prefixed("before", weights_of(model)), **prefixed("grad", grads_of(model))},
        **size, N=N, pad=pad, eos=eos, correct=correct, pairs=len(margins),
        margin=sum(margins) / len(margins),
    )  # fmt: skip


# --- PPO: a rollout's rewards and advantages, one update of both models ------------------------------


def gather_responses(per_position, prompt_length, response_length, R):
    """[N,T] read at the position before each response token, as [N,R], 0 past the end."""
    out = torch.zeros(len(prompt_length), R)
    for n, (p, r) in enumerate(zip(prompt_length.tolist(), response_length.tolist())):
        out[n, :r] = per_position[n, p - 1 : p - 1 + r]
    return out


def perturbed(model, spread, seed):
    """Adds noise to every weight of a model in place: the policy before its update, say."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(spread * torch.randn(p.shape, generator=generator))
    return model


def make_ppo():
    size = dict(L=2, C=16, H=2, T=12, V=29)
    pad, eos, N, R = 28, 27, 6, 6
    s = dict(kl_coef=0.1, gamma=0.97, lam=0.9, temperature=0.7, cliprange=0.2, cliprange_value=0.2,
             vf_coef=0.1, ptx_coef=1.5)  # fmt: skip
    trunk = dict(size, pad_token_id=pad, eos_token_id=eos, bos_token_id=eos)
    policy = make_model(GPT2LMHeadModel, 5, **trunk)
    value = make_model(GPT2ForSequenceClassification, 6, **trunk, num_labels=1)
    generator = torch.Generator().manual_seed(7)
    prompt_length = torch.tensor([3, 6, 1, 5, 2, 4])
    response_length = torch.tensor([6, 4, 1, 6, 3, 5])
    ids = torch.randint(0, eos, (N, size["T"]), generator=generator)
    for n in range(N):
        end = prompt_length[n] + response_length[n]
        ids[n, end - 1] = eos if response_length[n] < R else ids[n, end - 1]
        ids[n, end:] = pad
    attention_mask = (ids != pad).long()
    mask = torch.zeros(N, R, dtype=torch.bool)
    for n, length in enumerate(response_length):
        mask[n, :length] = True

    def logprobs_of(model):
        logp = F.log_softmax(model(ids, attention_mask=attention_mask).logits / s["temperature"], dim=-1)
        next_ids = ids.roll(-1, dims=1)
        chosen = logp.gather(2, next_ids[..., None])[..., 0]
        entropy = -(logp.exp() * logp).sum(-1)
        return [gather_responses(x, prompt_length, response_length, R) for x in (chosen, entropy)]

    def values_of(model):
        per_position = model.score(model.transformer(ids, attention_mask=attention_mask).last_hidden_state)[..., 0]
        return gather_responses(per_position, prompt_length, response_length, R)

    # The rollout comes from a slightly different policy and value model, so that ratios differ from 1,
    # some tokens are clipped, and the KL against a third, the reference, is not 0.
    def model_like(cls, seed, spread, noise, **extra):
        return perturbed(make_model(cls, seed, **trunk, **extra), spread, noise)

    old_logprobs = f32(logprobs_of(model_like(GPT2LMHeadModel, 5, 0.015, 8))[0])
    ref_logprobs = f32(logprobs_of(model_like(GPT2LMHeadModel, 5, 0.04, 9))[0])
    old_values = f32(
        values_of(model_like(GPT2ForSequenceClassification, 6, 0.15, 10, num_labels=1))
    )
    scores = f32(torch.randn(N, generator=generator))

    rewards = torch.where(mask, -s["kl_coef"] * (old_logprobs - ref_logprobs), 0.0)
    rewards[torch.arange(N), response_length - 1] += scores
    advantages = torch.zeros(N, R)
    for n in range(N):
        following = 0.0
        for t in reversed(range(int(response_length[n]))):
            last = t == response_length[n] - 1
            next_value = 0.0 if last else old_values[n, t + 1]
            delta = rewards[n, t] + s["gamma"] * next_value - old_values[n, t]
            following = delta + s["gamma"] * s["lam"] * following
            advantages[n, t] = following
    returns = torch.where(mask, advantages + old_values, 0.0)
    real = advantages[mask]
    white = torch.where(
        mask, (advantages - real.mean()) / torch.sqrt(real.var(unbiased=False) + 1e-8), 0.0
    )

    # Policy: the clipped loss plus ptx, one gradient.
    logprobs, entropy = logprobs_of(policy)
    ratio = torch.exp(logprobs - old_logprobs)
    unclipped = -white * ratio
    clipped = -white * ratio.clamp(1 - s["cliprange"], 1 + s["cliprange"])
    policy_loss = torch.maximum(unclipped, clipped)[mask].mean()
    ptx_ids = torch.randint(0, eos + 1, (2, size["T"]), generator=generator)
    ptx_targets = ptx_ids.roll(-1, dims=1)
    ptx_targets[:, -1] = IGNORE
    ptx_logits = policy(ptx_ids).logits
    ptx_loss = F.cross_entropy(
        ptx_logits.flatten(0, 1), ptx_targets.flatten(), ignore_index=IGNORE
    )
    (policy_loss + s["ptx_coef"] * ptx_loss).backward()

    # Value: vf_coef times the clipped loss.
    values = values_of(value)
    vclip = old_values + (values - old_values).clamp(-s["cliprange_value"], s["cliprange_value"])
    errors = torch.maximum((values - returns) ** 2, (vclip - returns) ** 2)[mask]
    value_loss = 0.5 * errors.mean()
    (s["vf_coef"] * value_loss).backward()

    difference = (logprobs - old_logprobs)[mask]
    save(
        "ppo",
        {"input_ids": ids, "prompt_length": prompt_length, "response_length": response_length,
         "old_logprobs": old_logprobs, "ref_logprobs": ref_logprobs, "old_values": old_values,
         "scores": scores, "rewards": rewards, "advantages": advantages,
         "whitened_advantages": white, "returns": returns,
         "logprobs": logprobs.detach(), "entropy": entropy.detach(), "values": values.detach(),
         "ptx_input_ids": ptx_ids, "ptx_targets": ptx_targets,
         **prefixed("policy/before", weights_of(policy)), **prefixed("policy/grad", grads_of(policy)),
         **prefixed("value/before", weights_of(value)), **prefixed("value/grad", grads_of(value))},
        **size, N=N, R=R, pad=pad, eos=eos, **s,
        policy_loss=policy_loss.item(), value_loss=value_loss.item(), ptx_loss=ptx_loss.item(),
        approxkl=0.5 * (difference**2).mean().item(),
        clipfrac=(clipped > unclipped)[mask].double().mean().item(),
        value_clipfrac=((vclip - returns) ** 2 > (values - returns) ** 2)[mask].double().mean().item(),
        ratio_mean=ratio[mask].mean().item(), ratio_var=ratio[mask].var(unbiased=False).item(),
    )  # fmt: skip


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    make_lm()
    make_reward()
    make_ppo()
