"""PyTorch, eager: nn.Sequential and torch.optim, on batches that are tensors already (no DataLoader in the way)."""
import torch
from torch import nn

from harness import read_job, run

job = read_job()
torch.set_num_threads(job["threads"])
torch.set_num_interop_threads(1)
sizes, batch = job["sizes"], job["batch"]
batches = list(zip(torch.from_numpy(job["x"]).split(batch), torch.from_numpy(job["y"]).split(batch)))
criterion = nn.MSELoss() if job["regression"] else nn.CrossEntropyLoss()


def make():
    layers = []
    for i, (w, b) in enumerate(job["weights"]):
        linear = nn.Linear(sizes[i], sizes[i + 1])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    if job["rule"] == "adam":
        betas = (job["beta1"], job["beta2"])
        return model, torch.optim.Adam(model.parameters(), lr=job["lr"], betas=betas, eps=job["eps"])
    return model, torch.optim.SGD(model.parameters(), lr=job["lr"])


def train(model, optimizer, steps, look=None):
    for x, y in steps:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if look:
            look(loss.item())


def losses():
    shown = []
    train(*make(), batches[: job["checkSteps"]], shown.append)
    return shown


timed = make()
run(job, losses, lambda count: train(*timed, batches[:count]))
