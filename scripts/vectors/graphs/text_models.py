"""Small language models in plain PyTorch, restated by ourselves from the papers that each docstring names.

None of these architectures is among test/fixtures. Widths are tiny; what counts is the operators and the shape arithmetic
that the exporter makes of them.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

WIDTH, HEADS, VOCABULARY = 16, 2, 29
SIZE = WIDTH // HEADS


def heads(x, count=HEADS):
    return x.view(x.shape[0], x.shape[1], count, -1).transpose(1, 2)


def joined(x):
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], -1)


def causal(length, device=None):
    at = torch.arange(length, device=device)
    return at[None, :] <= at[:, None]


class Opt(nn.Module):
    """Zhang et al. 2022 (arXiv:2205.01068): learned positions counted along the mask, ReLU, scores floored at the smallest float."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(24 + 2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)
        self.final = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids, attention_mask):
        batch, length = input_ids.shape
        mask = attention_mask.long()
        places = (torch.cumsum(mask, dim=1).type_as(mask) * mask).long() - 1
        x = self.tokens(input_ids) + self.positions(places + 2)
        least = torch.finfo(torch.float32).min
        band = torch.full((length, length), least)
        at = torch.arange(length)
        band.masked_fill_(at < (at + 1).view(length, 1), 0)
        padding = (1.0 - attention_mask[:, None, None, :].expand(batch, 1, length, length).float())
        bias = band[None, None] + padding.masked_fill(padding.bool(), least)
        h = self.norm(x)
        q = (self.q(h) * SIZE**-0.5).view(batch, length, HEADS, SIZE).transpose(1, 2).reshape(batch * HEADS, length, SIZE)
        k = self.k(h).view(batch, -1, HEADS, SIZE).transpose(1, 2).reshape(batch * HEADS, -1, SIZE)
        v = self.v(h).view(batch, -1, HEADS, SIZE).transpose(1, 2).reshape(batch * HEADS, -1, SIZE)
        scores = torch.bmm(q, k.transpose(1, 2)).view(batch, HEADS, length, length) + bias
        scores = torch.max(scores, torch.tensor(least)).view(batch * HEADS, length, length)
        mixed = torch.bmm(F.softmax(scores, dim=-1), v).view(batch, HEADS, length, SIZE)
        x = x + self.o(mixed.transpose(1, 2).reshape(batch, length, WIDTH))
        shape = x.shape
        flat = self.norm2(x).reshape(-1, x.size(-1))
        x = (x.reshape(-1, x.size(-1)) + self.down(F.relu(self.up(flat)))).view(shape)
        return self.head(self.final(x))


def rotated(x, base=10000.0):
    """Su et al. 2021 (arXiv:2104.09864), halves paired, tables made as the graph runs."""
    length, size = x.shape[-2], x.shape[-1]
    frequencies = 1.0 / base ** (torch.arange(0, size, 2).float() / size)
    angles = torch.einsum("i,j->ij", torch.arange(length).float(), frequencies)
    angles = torch.cat((angles, angles), dim=-1)
    first, second = x[..., : size // 2], x[..., size // 2 :]
    return x * angles.cos() + torch.cat((-second, first), dim=-1) * angles.sin()


class NeoX(nn.Module):
    """Black et al. 2022 (arXiv:2204.06745): one product for q, k, v, half of each head rotated, parallel residuals."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.dense = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)
        self.final = nn.LayerNorm(WIDTH)
        self.embed_out = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids, attention_mask):
        x = self.tokens(input_ids)
        batch, length, _ = x.shape
        qkv = self.qkv(self.norm1(x))
        qkv = qkv.view(*qkv.size()[:-1], HEADS, 3 * SIZE)
        q, k, v = (part.permute(0, 2, 1, 3) for part in (qkv[..., :SIZE], qkv[..., SIZE : 2 * SIZE], qkv[..., 2 * SIZE :]))
        half = SIZE // 2
        q = torch.cat((rotated(q[..., :half]), q[..., half:]), dim=-1)
        k = torch.cat((rotated(k[..., :half]), k[..., half:]), dim=-1)
        scores = torch.baddbmm(
            torch.zeros(1, 1, 1), q.reshape(-1, length, SIZE), k.reshape(-1, length, SIZE).transpose(1, 2), beta=1.0, alpha=SIZE**-0.5
        ).view(batch, HEADS, length, length)
        scores = torch.where(causal(length)[None, None], scores, torch.tensor(torch.finfo(torch.float32).min))
        scores = scores + (1.0 - attention_mask[:, None, None, :].float()) * -1e9
        mixed = joined(torch.matmul(scores.softmax(-1), v))
        x = x + self.dense(mixed) + self.down(F.gelu(self.up(self.norm2(x))))
        return self.embed_out(self.final(x))


class Bloom(nn.Module):
    """Scao et al. 2022 (arXiv:2211.05100): ALiBi slopes times places counted along the mask, GELU by tanh written out."""

    def __init__(self):
        super().__init__()
        self.tokens, self.embed_norm = nn.Embedding(VOCABULARY, WIDTH), nn.LayerNorm(WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.dense = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)
        self.final = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def alibi(self, mask):
        slopes = torch.pow(torch.tensor(2 ** (-(2 ** -(math.log2(HEADS) - 3)))), torch.arange(1, 1 + HEADS))
        places = ((mask.cumsum(dim=-1) - 1) * mask)[:, None, :]
        return (slopes[..., None] * places).reshape(mask.shape[0] * HEADS, 1, mask.shape[1])

    def forward(self, input_ids, attention_mask):
        x = self.embed_norm(self.tokens(input_ids))
        batch, length, _ = x.shape
        alibi = self.alibi(attention_mask.float())
        fused = self.qkv(self.norm1(x)).view(batch, length, HEADS, 3, SIZE)
        q, k, v = fused[..., 0, :], fused[..., 1, :], fused[..., 2, :]
        q = q.transpose(1, 2).reshape(batch * HEADS, length, SIZE)
        k = k.permute(0, 2, 3, 1).reshape(batch * HEADS, SIZE, length)
        v = v.transpose(1, 2).reshape(batch * HEADS, length, SIZE)
        scores = alibi.baddbmm(q, k, beta=1.0, alpha=SIZE**-0.5).view(batch, HEADS, length, length)
        at = torch.arange(length)
        unseen = (at[:, None] < at)[None, None].expand(batch, 1, length, length) | ~attention_mask[:, None, None, :].bool()
        shares = F.softmax(scores.masked_fill(unseen, torch.finfo(torch.float32).min), dim=-1)
        mixed = torch.bmm(shares.view(batch * HEADS, length, length), v).view(batch, HEADS, length, SIZE)
        x = x + self.dense(joined(mixed))
        h = self.up(self.norm2(x))
        h = h * 0.5 * (1.0 + torch.tanh(0.79788456 * h * (1 + 0.044715 * h * h)))
        return self.head(self.final(x + self.down(h)))


class Falcon(nn.Module):
    """Almazrouei et al. 2023 (arXiv:2311.16867): several queries share one key and value, parallel attention and MLP."""

    def __init__(self):
        super().__init__()
        self.tokens, self.norm = nn.Embedding(VOCABULARY, WIDTH), nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, (HEADS + 2) * SIZE, bias=False)
        self.dense = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 32, bias=False), nn.Linear(32, WIDTH, bias=False)
        self.final = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids, attention_mask):
        x = self.tokens(input_ids)
        batch, length, _ = x.shape
        h = self.norm(x)
        fused = self.query_key_value(h).view(batch, length, HEADS + 2, SIZE)
        q, k, v = fused[..., :-2, :], fused[..., [-2], :], fused[..., [-1], :]
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        q, k = rotated(q), rotated(k)
        keep = causal(length)[None, None] & attention_mask[:, None, None, :].bool()
        bias = torch.zeros(1, dtype=torch.float32).masked_fill(~keep, torch.finfo(torch.float32).min)
        shares = F.softmax((torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(SIZE)) + bias, dim=-1)
        mixed = torch.matmul(shares, v).permute(0, 2, 1, 3).reshape(batch, length, WIDTH)
        x = x + self.dense(mixed) + self.down(F.gelu(self.up(h)))
        return self.lm_head(self.final(x))


class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class Cached(nn.Module):
    """A decoder with a cache of keys and values, as Optimum exports them: the cache is empty when it is trained."""

    def __init__(self):
        super().__init__()
        self.tokens, self.norm = nn.Embedding(VOCABULARY, WIDTH), RmsNorm()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids, attention_mask, past_key, past_value):
        x = self.tokens(input_ids)
        h = self.norm(x)
        q, k, v = heads(self.q_proj(h)), heads(self.k_proj(h)), heads(self.v_proj(h))
        length, past = x.shape[1], past_key.shape[2]
        places = (attention_mask.cumsum(-1) - 1)[:, past:].float()
        angles = places[:, :, None] / 10000.0 ** (torch.arange(0, SIZE, 2).float() / SIZE)
        angles = torch.cat([angles, angles], -1)[:, None]

        def turned(part):
            half = SIZE // 2
            return part * angles.cos() + torch.cat((-part[..., half:], part[..., :half]), -1) * angles.sin()

        k, v = torch.cat([past_key, turned(k)], 2), torch.cat([past_value, v], 2)
        total = k.shape[2]
        ahead = (torch.arange(total)[None, :] > torch.arange(past, total)[:, None]).float()
        bias = torch.full((length, total), -1e9) * ahead + (1.0 - attention_mask[:, None, None, :].float()) * -1e9
        shares = torch.softmax(turned(q) @ k.transpose(-1, -2) / math.sqrt(SIZE) + bias, -1)
        return self.lm_head(x + self.o_proj(joined(shares @ v)))


class T5Attention(nn.Module):
    def __init__(self, buckets=None, two_sided=True):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.bias = None if buckets is None else nn.Embedding(buckets, HEADS)
        self.buckets, self.two_sided = buckets, two_sided

    def bucket(self, relative):
        count, offset = self.buckets, 0
        if self.two_sided:
            count //= 2
            offset = (relative > 0).long() * count
            relative = relative.abs()
        else:
            relative = -torch.min(relative, torch.zeros_like(relative))
        exact = count // 2
        far = exact + (torch.log(relative.float() / exact) / math.log(16 / exact) * (count - exact)).long()
        far = torch.min(far, torch.full_like(far, count - 1))
        return offset + torch.where(relative < exact, relative, far)

    def forward(self, x, source, unseen):
        q, k, v = heads(self.q(x)), heads(self.k(source)), heads(self.v(source))
        scores = q @ k.transpose(3, 2)
        if self.bias is not None:
            here = torch.arange(x.shape[1])[:, None]
            there = torch.arange(source.shape[1])[None, :]
            scores = scores + self.bias(self.bucket(there - here)).permute(2, 0, 1)[None]
        scores = scores + unseen
        return self.o(joined(F.softmax(scores.float(), dim=-1).type_as(scores) @ v))


class T5(nn.Module):
    """Raffel et al. 2019 (arXiv:1910.10683), version 1.1: an encoder and a decoder with bucketed relative places, gated GELU."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Embedding(VOCABULARY, WIDTH)
        self.encoder_attention = T5Attention(8)
        self.decoder_attention = T5Attention(8, two_sided=False)
        self.cross_attention = T5Attention()
        self.norms = nn.ModuleList([RmsNorm() for _ in range(6)])
        self.gate, self.up, self.down = (nn.Linear(a, b, bias=False) for a, b in ((WIDTH, 24), (WIDTH, 24), (24, WIDTH)))
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids, attention_mask, decoder_input_ids):
        unseen = (1.0 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        x = self.shared(input_ids)
        h = self.norms[0](x)
        x = x + self.encoder_attention(h, h, unseen)
        h = self.norms[1](x)
        memory = self.norms[2](x + self.down(F.gelu(self.gate(h), approximate="tanh") * self.up(h)))
        y = self.shared(decoder_input_ids)
        places = torch.arange(y.shape[1])
        ahead = (places[None, None, :].repeat(y.shape[0], y.shape[1], 1) <= places[None, :, None]).float()
        h = self.norms[3](y)
        y = y + self.decoder_attention(h, h, (1.0 - ahead[:, None]) * torch.finfo(torch.float32).min)
        y = y + self.cross_attention(self.norms[4](y), memory, unseen)
        return self.lm_head(self.norms[5](y) * WIDTH**-0.5)


class Albert(nn.Module):
    """Lan et al. 2019 (arXiv:1909.11942): one layer's weights used twice, a narrow embedding, sentence classification."""

    def __init__(self):
        super().__init__()
        self.words, self.places, self.types = nn.Embedding(VOCABULARY, 8), nn.Embedding(24, 8), nn.Embedding(2, 8)
        self.embed_norm, self.widen = nn.LayerNorm(8), nn.Linear(8, WIDTH)
        self.query, self.key, self.value, self.dense = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.ffn, self.ffn_output = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)
        self.pooler, self.classifier = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 5)
        self.register_buffer("position_ids", torch.arange(24).expand((1, -1)))

    def forward(self, input_ids, attention_mask, token_type_ids):
        length = input_ids.size()[1]
        x = self.words(input_ids) + self.places(self.position_ids[:, :length]) + self.types(token_type_ids)
        x = self.widen(self.embed_norm(x))
        unseen = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        for _ in range(2):
            q, k, v = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
            shares = nn.functional.softmax(q @ k.transpose(-1, -2) / math.sqrt(SIZE) + unseen, dim=-1)
            x = self.norm1(x + self.dense((shares @ v).transpose(2, 1).flatten(2)))
            h = self.ffn(x)
            h = 0.5 * h * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * torch.pow(h, 3.0))))
            x = self.norm2(self.ffn_output(h) + x)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


class Deberta(nn.Module):
    """He et al. 2020 (arXiv:2006.03654): content meets relative places in both directions, gathered from tables of products."""

    SPAN = 4

    def __init__(self):
        super().__init__()
        self.words, self.embed_norm = nn.Embedding(VOCABULARY, WIDTH), nn.LayerNorm(WIDTH)
        self.relative = nn.Embedding(2 * self.SPAN, WIDTH)
        self.query_proj, self.key_proj, self.value_proj, self.dense = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm, self.classifier = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 4)

    def split(self, x):
        x = x.view(x.size()[:-1] + (HEADS, -1))
        return x.permute(0, 2, 1, 3).contiguous().view(-1, x.size(1), x.size(-1))

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.float()
        x = self.embed_norm(self.words(input_ids)) * mask.unsqueeze(2)
        length = x.size(1)
        q, k, v = self.split(self.query_proj(x)), self.split(self.key_proj(x)), self.split(self.value_proj(x))
        scale = math.sqrt(SIZE * 3)
        scores = torch.bmm(q, k.transpose(-1, -2)) / scale
        at = torch.arange(length)
        distance = at[:, None] - at.view(1, -1).repeat(length, 1)
        distance = distance.unsqueeze(0)
        table = self.relative.weight.unsqueeze(0)
        place_k = self.split(self.key_proj(table)).repeat(input_ids.size(0), 1, 1)
        place_q = self.split(self.query_proj(table)).repeat(input_ids.size(0), 1, 1)
        to_place = torch.clamp(distance + self.SPAN, 0, self.SPAN * 2 - 1).expand(q.size(0), length, length)
        scores = scores + torch.gather(torch.bmm(q, place_k.transpose(-1, -2)), dim=-1, index=to_place) / scale
        from_place = torch.clamp(-distance + self.SPAN, 0, self.SPAN * 2 - 1).expand(k.size(0), length, length)
        reverse = torch.gather(torch.bmm(k, place_q.transpose(-1, -2)), dim=-1, index=from_place).transpose(-1, -2)
        scores = (scores + reverse / scale).view(-1, HEADS, length, length)
        pair = mask.unsqueeze(1).unsqueeze(2)
        pair = (pair * pair.squeeze(-2).unsqueeze(-1)).bool()
        shares = torch.softmax(scores.masked_fill(~pair, torch.finfo(torch.float32).min), -1).masked_fill(~pair, 0)
        mixed = torch.bmm(shares.view(-1, length, length), v).view(-1, HEADS, length, SIZE)
        mixed = mixed.permute(0, 2, 1, 3).contiguous()
        mixed = mixed.view(mixed.size()[:-2] + (-1,))
        return self.classifier(self.norm(x + self.dense(mixed)))


class Mamba(nn.Module):
    """Gu & Dao 2023 (arXiv:2312.00752): a causal depthwise convolution and a selective scan, unrolled over 6 places."""

    LENGTH, STATES, INNER = 6, 3, 20

    def __init__(self):
        super().__init__()
        self.tokens, self.norm = nn.Embedding(VOCABULARY, WIDTH), RmsNorm()
        self.in_proj, self.out_proj = nn.Linear(WIDTH, 2 * self.INNER, bias=False), nn.Linear(self.INNER, WIDTH, bias=False)
        self.conv1d = nn.Conv1d(self.INNER, self.INNER, 4, groups=self.INNER, padding=3)
        self.x_proj = nn.Linear(self.INNER, 2 + 2 * self.STATES, bias=False)
        self.dt_proj = nn.Linear(2, self.INNER)
        self.A_log = nn.Parameter(torch.log(torch.arange(1, self.STATES + 1).float()).repeat(self.INNER, 1))
        self.D = nn.Parameter(torch.ones(self.INNER))
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        h, z = self.in_proj(self.norm(x)).transpose(1, 2).chunk(2, dim=1)
        h = F.silu(self.conv1d(h)[..., : self.LENGTH])
        step, b, c = torch.split(self.x_proj(h.transpose(1, 2)), [2, self.STATES, self.STATES], dim=-1)
        step = F.softplus(self.dt_proj(step)).transpose(1, 2)
        a = -torch.exp(self.A_log)
        decay = torch.exp(a[None, :, None, :] * step[:, :, :, None])
        inflow = step[:, :, :, None] * b[:, None, :, :] * h[:, :, :, None]
        state = torch.zeros(input_ids.shape[0], self.INNER, self.STATES)
        outs = []
        for i in range(self.LENGTH):
            state = decay[:, :, i, :] * state + inflow[:, :, i, :]
            outs.append(torch.matmul(state, c[:, i, :].unsqueeze(-1))[:, :, 0])
        y = (torch.stack(outs, dim=-1) + h * self.D[None, :, None]) * F.silu(z)
        return self.lm_head(x + self.out_proj(y.transpose(1, 2)))


class MixtureOfExperts(nn.Module):
    """Fedus et al. 2021 (arXiv:2101.03961) and Jiang et al. 2024 (arXiv:2401.04088): the two best experts of a token share it."""

    def __init__(self):
        super().__init__()
        self.tokens, self.norm = nn.Embedding(VOCABULARY, WIDTH), RmsNorm()
        self.gate = nn.Linear(WIDTH, 4, bias=False)
        self.up = nn.ModuleList([nn.Linear(WIDTH, 12, bias=False) for _ in range(4)])
        self.down = nn.ModuleList([nn.Linear(12, WIDTH, bias=False) for _ in range(4)])
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        batch, length, width = x.shape
        flat = self.norm(x).view(-1, width)
        shares = F.softmax(self.gate(flat), dim=1, dtype=torch.float)
        best, chosen = torch.topk(shares, 2, dim=-1)
        best = best / best.sum(dim=-1, keepdim=True)
        routed = torch.zeros_like(shares).scatter(1, chosen, best)
        mixed = torch.zeros_like(flat)
        for i, (up, down) in enumerate(zip(self.up, self.down)):
            mixed = mixed + routed[:, i, None] * down(F.silu(up(flat)))
        return self.lm_head(x + mixed.reshape(batch, length, width))


class SparseExperts(MixtureOfExperts):
    """The same, sending to each expert only the rows that chose it, as exported sparse mixtures do."""

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        flat = self.norm(x).view(-1, x.shape[-1])
        best, chosen = torch.topk(F.softmax(self.gate(flat), dim=1), 2, dim=-1)
        mixed = torch.zeros_like(flat)
        for i, (up, down) in enumerate(zip(self.up, self.down)):
            row, place = torch.where(chosen == i)
            mixed = mixed.index_add(0, row, down(F.silu(up(flat[row]))) * best[row, place, None])
        return self.lm_head(x + mixed.view(x.shape))


class Recurrent(nn.Module):
    """Hochreiter & Schmidhuber 1997: what lies before an LSTM layer cannot be trained, what lies behind it can."""

    def __init__(self):
        super().__init__()
        self.tokens, self.before = nn.Embedding(VOCABULARY, 8), nn.Linear(8, 8)
        self.lstm = nn.LSTM(8, 8, batch_first=True, bidirectional=True)
        self.behind = nn.Linear(16, 5)

    def forward(self, input_ids):
        return self.behind(torch.tanh(self.lstm(self.before(self.tokens(input_ids)))[0]))
