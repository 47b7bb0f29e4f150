"""Height and width are two sizes, even where every picture that a program has is square."""

from __future__ import annotations

import torch

from tests.generated import code, made


def test_windows_of_pictures_that_arent_square() -> None:
    program = """
        +Windows(m) {
            In[B, H, W, C] -> Reshape[B, H / m, m, W / m, m, C] -> Permute(0, 1, 3, 2, 4, 5)
            -> Reshape[B, (H / m) * (W / m), m ** 2, C] -> Out
        }
        p:In[B, 14, 14, 8] -> a:Windows(7) -> u:Out
        q:In[B, 28, 28, 4] -> b:Windows(7) -> v:Out
        """
    text = code(program)
    assert "(h // 7) * (w // 7)" in text
    assert "[B, H * W // 49, 49, C]" in text
    x = torch.randn(2, 14, 35, 3)
    expected = x.unfold(1, 7, 7).unfold(2, 7, 7).permute(0, 1, 2, 4, 5, 3).reshape(2, 10, 49, 3)
    assert torch.equal(made(program).a(x), expected)


def test_a_count_of_pixels() -> None:
    """What actnorm adds to the log-determinant (Kingma and Dhariwal 2018, table 1)."""
    program = """
        +ActNorm {
            x:In[B, C, H, W]
            scale:Parameter[1, C, 1, 1]
            [x, scale] -> Mul -> y:Out
            scale -> Sum -> Mul(H * W) -> pixels:Out[]
        }
        In[B, 2, 8, 8] -> a:ActNorm -> [y, m]
        y -> Conv(6, 2, stride = 2) -> b:ActNorm -> [z, n]
        [m, n] -> Add -> s:Out
        z -> Out
        """
    model = made(program)
    torch.nn.init.ones_(model.a.scale)
    assert model.a(torch.ones(1, 2, 3, 5))[1] == 2 * 3 * 5


def test_a_crop_that_isnt_square() -> None:
    program = """
        +Beside {
            x:In[B, C, H, W]
            across:In[B, C, _, _] -> CenterCrop(H, W) -> cropped[B, C, H, W]
            [x, cropped] -> Add -> Out
        }
        [p:In[B, 3, 8, 8], q:In[B, 3, 12, 12]] -> a:Beside -> u:Out
        [r:In[B, 4, 6, 6], s:In[B, 4, 18, 18]] -> b:Beside -> v:Out
        """
    across = torch.randn(1, 2, 9, 11)
    found = made(program).a(torch.zeros(1, 2, 5, 3), across)
    assert torch.equal(found, across[:, :, 2:7, 4:7])


def test_two_axes_of_one_name_are_one_size() -> None:
    text = code(
        """
        +Diagonal { In[B, N, N] -> Reshape[B, N * N] -> Out }
        p:In[B, 3, 3] -> a:Diagonal -> u:Out
        q:In[B, 4, 4] -> b:Diagonal -> v:Out
        """
    )
    assert "x.reshape(b, n * n)" in text
