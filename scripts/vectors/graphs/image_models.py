"""Small models of images, sounds and pairs in plain PyTorch, restated by ourselves from the papers that each docstring names."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from text_models import VOCABULARY, WIDTH, heads, joined


class Resnet(nn.Module):
    """He et al. 2015 (arXiv:1512.03385): batch norms in evaluation mode, a max pool, a strided shortcut."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv2, self.bn2 = nn.Conv2d(8, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12)
        self.conv3, self.bn3 = nn.Conv2d(12, 12, 3, 1, 1, bias=False), nn.BatchNorm2d(12)
        self.short, self.bn4 = nn.Conv2d(8, 12, 1, 2, bias=False), nn.BatchNorm2d(12)
        self.fc = nn.Linear(12, 5)
        for each in (self.bn1, self.bn2, self.bn3, self.bn4):
            each.running_mean.normal_(0, 0.2)
            each.running_var.uniform_(0.5, 1.5)

    def forward(self, pixel_values):
        x = self.pool(F.relu(self.bn1(self.conv1(pixel_values))))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(x)))))
        x = F.relu(y + self.bn4(self.short(x)))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Mobilenet(nn.Module):
    """Howard et al. 2019 (arXiv:1905.02244) and Tan & Le 2019 (arXiv:1905.11946): depthwise, squeeze and excite, hard and smooth gates."""

    def __init__(self):
        super().__init__()
        self.stem, self.bn1 = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.expand, self.bn2 = nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16)
        self.depthwise, self.bn3 = nn.Conv2d(16, 16, 5, 2, 2, groups=16, bias=False), nn.BatchNorm2d(16)
        self.squeeze, self.excite = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.project, self.bn4 = nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8)
        self.depthwise2 = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.fc = nn.Linear(8, 5)

    def forward(self, pixel_values):
        x = F.hardswish(self.bn1(self.stem(pixel_values)))
        y = F.hardswish(self.bn3(self.depthwise(F.hardswish(self.bn2(self.expand(x))))))
        scale = F.adaptive_avg_pool2d(y, 1)
        y = y * F.hardsigmoid(self.excite(F.relu(self.squeeze(scale))))
        x = self.bn4(self.project(y))
        x = x + F.silu(self.depthwise2(x)) * torch.sigmoid(x.mean((2, 3), keepdim=True))
        return self.fc(x.mean([2, 3]))


class Convnext(nn.Module):
    """Liu et al. 2022 (arXiv:2201.03545): patches, a wide depthwise kernel, norms and products with channels last, layer scale."""

    def __init__(self):
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(3, 8, 4, 4), nn.LayerNorm(8, eps=1e-6)
        self.dwconv, self.norm = nn.Conv2d(8, 8, 7, padding=3, groups=8), nn.LayerNorm(8, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(8, 24), nn.Linear(24, 8)
        self.gamma = nn.Parameter(torch.full((8,), 0.3))
        self.down_weight, self.down_bias = nn.Parameter(torch.ones(8)), nn.Parameter(torch.zeros(8))
        self.down = nn.Conv2d(8, 12, 2, 2)
        self.final, self.classifier = nn.LayerNorm(12, eps=1e-6), nn.Linear(12, 5)

    def forward(self, pixel_values):
        x = self.stem_norm(self.stem(pixel_values).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        h = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        x = x + (self.gamma * self.pwconv2(F.gelu(self.pwconv1(h)))).permute(0, 3, 1, 2)
        mean = x.mean(1, keepdim=True)
        spread = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(spread + 1e-6)
        x = self.down(self.down_weight[:, None, None] * x + self.down_bias[:, None, None])
        return self.classifier(self.final(x.mean([-2, -1])))


class Swin(nn.Module):
    """Liu et al. 2021 (arXiv:2103.14030): attention in windows that are shifted by rolling, then patches merged."""

    WINDOW, SIDE = 2, 4

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 2, 2)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.table = nn.Parameter(torch.randn((2 * self.WINDOW - 1) ** 2, 2) * 0.5)
        at = torch.stack(torch.meshgrid(torch.arange(self.WINDOW), torch.arange(self.WINDOW), indexing="ij")).flatten(1)
        offset = (at[:, :, None] - at[:, None, :]).permute(1, 2, 0) + self.WINDOW - 1
        self.register_buffer("index", offset[..., 0] * (2 * self.WINDOW - 1) + offset[..., 1])
        self.fc1, self.fc2 = nn.Linear(WIDTH, 24), nn.Linear(24, WIDTH)
        self.merge_norm, self.reduction = nn.LayerNorm(4 * WIDTH), nn.Linear(4 * WIDTH, 12, bias=False)
        self.head = nn.Linear(12, 5)

    def attention(self, x, unseen):
        count, length, width = x.shape
        q, k, v = self.qkv(x).reshape(count, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * (width // 2) ** -0.5) @ k.transpose(-2, -1)
        bias = self.table[self.index.view(-1)].view(length, length, -1).permute(2, 0, 1).contiguous()
        scores = scores + bias.unsqueeze(0)
        if unseen is not None:
            windows = unseen.shape[0]
            scores = scores.view(-1, windows, 2, length, length) + unseen[:, None][None]
            scores = scores.view(-1, 2, length, length)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(count, length, width))

    def block(self, x, shift):
        side, window = self.SIDE, self.WINDOW
        batch, _, width = x.shape
        h = self.norm1(x).view(batch, side, side, width)
        unseen = None
        if shift:
            h = torch.roll(h, (-shift, -shift), (1, 2))
            regions = torch.zeros(side, side)
            for i, rows in enumerate((slice(0, -window), slice(-window, -shift), slice(-shift, None))):
                for j, columns in enumerate((slice(0, -window), slice(-window, -shift), slice(-shift, None))):
                    regions[rows, columns] = 3 * i + j
            regions = regions.view(side // window, window, side // window, window).permute(0, 2, 1, 3).reshape(-1, window**2)
            unseen = (regions[:, None] - regions[:, :, None]).ne(0).float() * -100.0
        h = h.view(batch, side // window, window, side // window, window, width).permute(0, 1, 3, 2, 4, 5)
        h = self.attention(h.reshape(-1, window * window, width), unseen)
        h = h.view(batch, side // window, side // window, window, window, width).permute(0, 1, 3, 2, 4, 5)
        h = h.reshape(batch, side, side, width)
        if shift:
            h = torch.roll(h, (shift, shift), (1, 2))
        x = x + h.view(batch, side * side, width)
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))

    def forward(self, pixel_values):
        x = self.patches(pixel_values).flatten(2).transpose(1, 2)
        x = self.block(self.block(x, 0), 1)
        x = x.view(x.shape[0], self.SIDE, self.SIDE, WIDTH)
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        x = self.reduction(self.merge_norm(x.view(x.shape[0], -1, 4 * WIDTH)))
        return self.head(x.mean(1))


class Whisper(nn.Module):
    """Radford et al. 2022 (arXiv:2212.04356): the encoder of sounds: two convolutions of a sequence, one strided, then attention."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(6, WIDTH, 3, padding=1), nn.Conv1d(WIDTH, WIDTH, 3, 2, padding=1)
        self.embed_positions = nn.Embedding(20, WIDTH)
        self.norm1, self.norm2, self.final = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.k_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.q_proj, self.v_proj, self.out_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.fc1, self.fc2 = nn.Linear(WIDTH, 24), nn.Linear(24, WIDTH)

    def forward(self, input_features):
        x = F.gelu(self.conv2(F.gelu(self.conv1(input_features)))).permute(0, 2, 1)
        x = x + self.embed_positions.weight[: x.shape[1]]
        h = self.norm1(x)
        q, k, v = heads(self.q_proj(h) * 8**-0.5), heads(self.k_proj(h)), heads(self.v_proj(h))
        x = x + self.out_proj(joined(F.softmax(q @ k.transpose(-1, -2), dim=-1) @ v))
        return self.final(x + self.fc2(F.gelu(self.fc1(self.norm2(x)))))


class Clip(nn.Module):
    """Radford et al. 2021 (arXiv:2103.00020): texts read at their highest token, images in patches, both on the unit sphere."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, WIDTH), nn.Parameter(torch.randn(12, WIDTH) * 0.3)
        self.text_norm, self.text_fc, self.text_projection = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 12, bias=False)
        self.text_q, self.text_k, self.text_v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.patch, self.class_token = nn.Conv2d(3, WIDTH, 4, 4, bias=False), nn.Parameter(torch.randn(WIDTH))
        self.image_norm, self.image_fc = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH)
        self.image_q, self.image_k, self.image_v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.visual_projection = nn.Linear(WIDTH, 12, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(1.2))

    def mix(self, x, parts, bias):
        q, k, v = (heads(part(x)) for part in parts)
        scores = q @ k.transpose(-1, -2) / math.sqrt(8)
        return joined((scores if bias is None else scores + bias).softmax(-1) @ v)

    def forward(self, input_ids, pixel_values):
        x = self.tokens(input_ids) + self.places[: input_ids.shape[1]]
        bias = torch.full((input_ids.shape[1], input_ids.shape[1]), float("-inf")).triu(1)
        x = x + self.mix(self.text_norm(x), (self.text_q, self.text_k, self.text_v), bias)
        x = x + self.text_fc(x) * torch.sigmoid(1.702 * self.text_fc(x))
        texts = self.text_projection(x[torch.arange(x.shape[0]), input_ids.to(torch.int).argmax(dim=-1)])
        y = self.patch(pixel_values).flatten(2).transpose(1, 2)
        y = torch.cat([self.class_token.expand(y.shape[0], 1, -1), y], dim=1)
        y = y + self.mix(self.image_norm(y), (self.image_q, self.image_k, self.image_v), None)
        images = self.visual_projection((y + self.image_fc(y))[:, 0, :])
        images = images / images.norm(p=2, dim=-1, keepdim=True)
        texts = texts / texts.norm(p=2, dim=-1, keepdim=True)
        return torch.matmul(texts, images.t()).t() * self.logit_scale.exp()


class VaeDecoder(nn.Module):
    """Rombach et al. 2021 (arXiv:2112.10752): group norms, attention over pixels, growing by transposed convolution and by neighbours."""

    def __init__(self):
        super().__init__()
        self.conv_in, self.norm1 = nn.Conv2d(4, 8, 3, padding=1), nn.GroupNorm(4, 8, eps=1e-6)
        self.q, self.k, self.v, self.o = (nn.Linear(8, 8) for _ in range(4))
        self.grow = nn.ConvTranspose2d(8, 8, 4, 2, 1)
        self.norm2, self.conv2 = nn.GroupNorm(2, 8, eps=1e-6), nn.Conv2d(8, 8, 3, padding=1)
        self.grow_grouped = nn.ConvTranspose2d(8, 8, 3, 2, 1, output_padding=1, groups=4)
        self.conv_out = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, latents):
        x = self.conv_in(latents)
        batch, channels, height, width = x.shape
        h = self.norm1(x).view(batch, channels, height * width).transpose(1, 2)
        shares = torch.softmax(self.q(h) @ self.k(h).transpose(1, 2) * channels**-0.5, dim=-1)
        x = x + self.o(shares @ self.v(h)).transpose(-1, -2).reshape(batch, channels, height, width)
        x = self.grow(x)
        x = x + self.conv2(F.silu(self.norm2(x)))
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv_out(F.silu(self.grow_grouped(x)))


class Pyramid(nn.Module):
    """Lin et al. 2016 (arXiv:1612.03144) and Shi et al. 2016 (arXiv:1609.05158): maps of any size joined at the size of another."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(3, 6, 3, 1, 1), nn.Conv2d(6, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1, dilation=1)
        self.lateral1, self.lateral2 = nn.Conv2d(6, 8, 1), nn.Conv2d(8, 8, 1)
        self.slope, self.norm = nn.PReLU(8), nn.InstanceNorm2d(8, affine=True)
        self.shuffle = nn.Conv2d(8, 12, 3, 1, 1)

    def forward(self, pixel_values):
        a = F.elu(self.first(F.pad(pixel_values, (1, 1, 1, 1), mode="reflect"))[:, :, 1:-1, 1:-1])
        b = F.leaky_relu(self.second(a), 0.1)
        c = self.slope(self.third(b))
        c = F.interpolate(c, size=b.shape[-2:], mode="bilinear", align_corners=False)
        b = self.norm(self.lateral2(b) + c) + F.avg_pool2d(b, 3, 1, 1, count_include_pad=False)
        b = F.interpolate(b, size=a.shape[-2:], mode="bicubic", align_corners=False)
        a = self.lateral1(a) + b
        a = a + F.interpolate(F.avg_pool2d(a, 2), size=a.shape[-2:], mode="bilinear", align_corners=True)
        return F.pixel_shuffle(F.mish(self.shuffle(a)), 2)
