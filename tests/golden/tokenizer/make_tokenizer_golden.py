"""Golden values of Hugging Face's `tokenizers` for tests/text/tokenizer.

Run with tokenizers 0.23: python tests/golden/tokenizer/make_tokenizer_golden.py
Writes documents.json (texts to train on), trained-*.json (the tokenizer.json of each setting, byte
for byte) and awkward.json (ids of awkward strings, with special tokens as text and parsed).
"""

import json
import random
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
SPECIAL = ["<|endoftext|>", "<|pad|>"]


def documents():
    rng = random.Random(11)
    who = "Ida Tom Mara Olek the_baker the_owl a_sailor nobody Ünal Zoë".replace("_", " ").split(" ")
    verb = "sees asks hears doesn't_see isn't can't_find we'll_meet I'd_ask they've_met".split()
    what = "a_red_boat the_lamp 12_eggs 365_days 3.14 no_bread the_harbour café_crème".split()
    end = [".", "!", "?", "...", ";", " :-)", ".\n", ".\n\n"]
    texts = []
    for _ in range(120):
        parts = []
        for _ in range(rng.randint(1, 6)):
            words = [rng.choice(who), rng.choice(verb), rng.choice(what)]
            parts.append(" ".join(words).replace("_", " ") + rng.choice(end))
        texts.append(" ".join(parts))
    texts += [
        "aaaaaaaaa aaaa aaa aa a aaaaaa",
        "abcabcabc abab bcbc abc ab c a bc",
        "日本語のテキスト 日本語 テキスト",
        "😀😀 👩‍👩‍👧 😀",
        "if (x == 0) {\n\treturn [1, 2, 3];\n}\n" * 3,
        "x\u0085y \ufeffz\u3000\u00a0q  \n\n\t  ",
        "Q: How many eggs?\nA: 12 eggs.",
    ]
    return texts


AWKWARD = [
    "", " ", "  ", "   x", "x   ", "\n", "\n\n", " \n ", "\t", "\t\tx", "\r\n", "a\r\nb", "a  b   c",
    "\u00a0", "a\u00a0b", "\u3000x", "x\u0085y", "\ufeffx", "a\u200bb", "\u2028x\u2029", "\u180ex",
    "Hello", " Hello", "hello world", "HELLO'S", "don't", "DON'T", "we'll've", "'s", " 's", "''ll", "x'",
    "it’s", "0", "007", "12345678901234567890", "1,234.56", "3½ ²³ Ⅷ ٣٤", "a1b2", "1st2nd",
    "!?!?", "...", " ...", "-- —", "(a)[b]{c}", "a_b__c", "@#$%^&*", "<|endoftext|>", "x<|endoftext|>y",
    "<|pad|><|endoftext|>", "<|endoftext", "<|endoftext|><|endoftext|> \n", "é", "e\u0301", "ÄÖÜß",
    "naïve café", "日本語", "中文字符測試", "한국어", "العربية", "עברית", "हिन्दी", "ไทย", "Ελληνικά", "Привет мир",
    "😀", "😀😀", "👩‍👩‍👧", "🏳️‍🌈", "🇩🇪", "👍🏽", "\U00010348", "\U0010ffff", "\x00", "\x00\x01\x7f\x80\xff", "ĠĊ",
    "Ida sees a red boat.\nTom doesn't see 365 days!", "aaaaaaaaaaaaaaaaaaaaaaa", "abcabcabcabc", "if (x == 0) {\n\treturn;\n}",
    " " * 17 + "end", "\n" * 9 + " x", "q" * 70,
]


def build(vocab_size, min_frequency, texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


texts = documents()
write("documents.json", texts)
# 4096 is more than the texts have pairs for: training ends early, at every word one token.
for vocab_size, min_frequency in [(300, 0), (400, 2), (4096, 0)]:
    build(vocab_size, min_frequency, texts).save(str(HERE / f"trained-{vocab_size}-{min_frequency}.json"))

tokenizer = build(400, 2, texts)
rows = []
for text in AWKWARD:
    tokenizer.encode_special_tokens = True
    plain = tokenizer.encode(text).ids
    tokenizer.encode_special_tokens = False
    special = tokenizer.encode(text).ids
    rows.append({
        "text": text,
        "ids": plain,
        "idsWithSpecial": special,
        "decodedWithoutSpecial": tokenizer.decode(special, skip_special_tokens=True),
    })
# Ids in an order that no text gives: characters cut in two, a continuation byte alone.
rng = random.Random(5)
loose = []
for _ in range(20):
    ids = [rng.randrange(2, 400) for _ in range(12)]
    loose.append({"ids": ids, "text": tokenizer.decode(ids)})
write("awkward.json", {"encoded": rows, "decoded": loose})
