"""scikit-learn's MLPClassifier and MLPRegressor: partial_fit over all rows is one epoch in batches, and as fast as fit.
It draws its own first weights, and its regression minimises half the mean squared error, so its losses are not ours;
they have to fall."""
import warnings

from sklearn.neural_network import MLPClassifier, MLPRegressor

from harness import read_job, run

warnings.filterwarnings("ignore")
job = read_job()
x, y, batch = job["x"], job["y"], job["batch"]


def make():
    kind = MLPRegressor if job["regression"] else MLPClassifier
    model = kind(
        hidden_layer_sizes=job["sizes"][1:-1],
        solver=job["rule"],
        learning_rate_init=job["lr"],
        beta_1=job["beta1"],
        beta_2=job["beta2"],
        epsilon=job["eps"],
        batch_size=batch,
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
        tol=0,
        n_iter_no_change=10**9,
        random_state=1,
    )

    def train(rows):
        if job["regression"]:
            model.partial_fit(x[:rows], y[:rows].ravel())
        else:
            model.partial_fit(x[:rows], y[:rows], range(job["sizes"][-1]))
        return float(model.loss_)

    return train


def losses():
    train = make()
    return [train(max(64, batch)) for _ in range(5)]


timed = make()
run(job, losses, lambda batches: timed(batches * batch))
