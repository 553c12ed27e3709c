"""Wrong loss functions, each from a bug that somebody had. The checks must find them all, or nearly."""

from __future__ import annotations

BLOG = "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31"
ADVERSARIAL = (
    {
        "name": "labels exchanged",
        "cited": "https-deeplearning-ai/GANs-Public issue 1; keras-team/keras-io issue 361",
        "loss": "d_bce",
        "found": ("known_mistake", "labels_swapped"),
        "convention": "d_bce:swapped_labels",
        "source": """
        def d_loss(real_out, fake_out):
            real = F.binary_cross_entropy_with_logits(real_out, torch.zeros_like(real_out))
            fake = F.binary_cross_entropy_with_logits(fake_out, torch.ones_like(fake_out))
            return real + fake
        """,
    },
    {
        "name": "sigmoid twice in D",
        "cited": "ChengBinJin/V-GAN-tensorflow issue 16",
        "loss": "d_bce",
        "found": ("sigmoid_before_logits",),
        "convention": "d_bce:sigmoid_twice",
        "source": """
        def d_loss(real_logits, fake_logits):
            bce = nn.BCEWithLogitsLoss()
            real, fake = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
            return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
        """,
    },
    {
        "name": "sigmoid in the model, logits in the loss",
        "cited": "PaddlePaddle/Paddle issue 22085; torchgan/torchgan issue 116",
        "loss": "g_bce",
        "found": ("sigmoid_in_model",),
        "source": """
        class Discriminator(nn.Module):
            def __init__(self):
                super().__init__()
                self.main = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Sigmoid())

            def forward(self, x):
                return self.main(x)


        discriminator = Discriminator()
        criterion = nn.BCEWithLogitsLoss()


        def g_loss(fake_output):
            return criterion(fake_output, torch.ones_like(fake_output))


        def step(images):
            return g_loss(discriminator(images))
        """,
        "function": "g_loss",
    },
    {
        "name": "hinge of a sigmoid",
        "cited": "grey-eye/talking-heads issue 42; tntrung/gan issue 4",
        "loss": "d_hinge",
        "found": ("known_mistake", "sigmoid_before_hinge"),
        "convention": "d_hinge:sigmoid",
        "source": """
        def d_hinge(r_x, r_x_hat):
            r_x, r_x_hat = torch.sigmoid(r_x), torch.sigmoid(r_x_hat)
            return torch.relu(1.0 - r_x).mean() + torch.relu(1.0 + r_x_hat).mean()
        """,
    },
    {
        "name": "least squares of a sigmoid",
        "cited": "hwalsuklee/tensorflow-generative-model-collections issue 19",
        "loss": "d_lsgan",
        "found": ("known_mistake",),
        "convention": "d_lsgan:sigmoid",
        "source": """
        def d_loss(d_real_logits, d_fake_logits):
            return ((torch.sigmoid(d_real_logits) - 1) ** 2).mean() + (torch.sigmoid(d_fake_logits) ** 2).mean()
        """,
    },
    {
        "name": "logarithm of one minus a sigmoid",
        "cited": "POSTECH-CVLab/PyTorch-StudioGAN issue 67",
        "loss": "d_bce",
        "found": ("not_finite", "logarithm_of_a_sigmoid"),
        "source": """
        def loss_dcgan_dis(dis_out_real, dis_out_fake):
            return -(torch.log(torch.sigmoid(dis_out_real)) + torch.log(1 - torch.sigmoid(dis_out_fake))).mean()
        """,
    },
    {
        "name": "no logarithm at all",
        "cited": "leftthomas/SRGAN issue 69",
        "loss": "d_bce",
        "found": ("another_loss",),
        "source": """
        def d_loss(real_out, fake_out):
            return 1 - real_out.mean() + fake_out.mean()
        """,
    },
    {
        "name": "labels of another shape",
        "cited": "aitorzip/PyTorch-CycleGAN issue 24; nbertagnolli/pytorch-simple-gan issue 1",
        "loss": "g_lsgan",
        "found": ("labels_broadcast",),
        "source": """
        criterion = nn.MSELoss()


        def g_loss(pred_fake):
            target_real = torch.ones(len(pred_fake), dtype=pred_fake.dtype)
            return criterion(pred_fake, target_real)
        """,
    },
    {
        "name": "relativistic loss overwritten",
        "cited": "eriklindernoren/PyTorch-GAN 36d3c77 relativistic_gan.py",
        "loss": "g_rsgan:relativistic_gan",
        "found": ("overwritten_loss", "known_mistake", "another_convention"),
        "source": """
        adversarial_loss = nn.BCEWithLogitsLoss()


        def generator_loss(real_pred, fake_pred):
            valid = torch.ones_like(fake_pred)
            g_loss = adversarial_loss(fake_pred - real_pred.detach(), valid)
            g_loss = adversarial_loss(fake_pred, valid)
            return g_loss
        """,
    },
    {
        "name": "the square of a mean",
        "cited": "akanimax/pro_gan_pytorch issue 13",
        "loss": "g_lsgan",
        "found": ("departs_from_every_convention",),
        "source": """
        def gen_loss(fake_scores):
            return 0.5 * ((torch.mean(fake_scores) - 1) ** 2)
        """,
    },
    {
        "name": "the last discriminator only",
        "cited": "coqui-ai/TTS issue 3153",
        "loss": "d_lsgan",
        "found": ("departs_from_every_convention",),
        "source": """
        def discriminator_loss(scores_real, scores_fake):
            for real, fake in zip(scores_real, scores_fake):
                real_loss = torch.mean((real - 1) ** 2)
                fake_loss = torch.mean(fake**2)
            return real_loss + fake_loss
        """,
    },
    {
        "name": "the formula's second sign",
        "cited": f"{BLOG}, discriminator's gradient",
        "loss": "d_bce",
        "found": ("known_mistake",),
        "convention": "d_bce:blog_formula",
        "source": """
        def d_objective(real_prob, fake_prob):
            return (torch.log(real_prob) - torch.log(1 - fake_prob)).mean()
        """,
    },
)
PENALTIES = (
    {
        "name": "norm over channels",
        "cited": "Zeleni9/pytorch-wgan issue 40; caogang/wgan-gp issues 25, 27, 56",
        "loss": "gp",
        "found": ("penalty_norm_over_one_axis", "known_mistake"),
        "convention": "gp:gan_language",
        "source": """
        def calc_gradient_penalty(netD, real_data, fake_data):
            alpha = torch.rand(real_data.size(0), 1, 1, 1).to(real_data)
            interpolates = (alpha * real_data + (1 - alpha) * fake_data).detach().requires_grad_(True)
            out = netD(interpolates)
            gradients = autograd.grad(outputs=out, inputs=interpolates, grad_outputs=torch.ones_like(out),
                                      create_graph=True, retain_graph=True)[0]
            return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10
        """,
    },
    {
        "name": "norm over channels, lambda outside",
        "cited": "eriklindernoren/PyTorch-GAN issue 20; KupynOrest/DeblurGAN issue 185",
        "loss": "gp",
        "found": ("penalty_norm_over_one_axis", "known_mistake"),
        "convention": "gp:basicsr",
        "source": """
        def compute_gradient_penalty(D, real_samples, fake_samples):
            alpha = torch.rand(len(real_samples), 1, 1, 1, dtype=real_samples.dtype)
            interpolates = (alpha * real_samples + ((1 - alpha) * fake_samples)).requires_grad_(True)
            d_interpolates = D(interpolates)
            gradients = torch.autograd.grad(outputs=d_interpolates, inputs=interpolates,
                                            grad_outputs=torch.ones_like(d_interpolates), create_graph=True)[0]
            gradient_penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean()
            return gradient_penalty
        """,
    },
    {
        "name": "graph of the gradient not made",
        "cited": "ooples/AiDotNet issue 1844; mlpack/mlpack issue 3063",
        "loss": "gp",
        "found": ("penalty_without_gradient", "create_graph_missing"),
        "source": """
        def gradient_penalty(critic, real, fake):
            epsilon = torch.rand(real.size(0), 1, 1, 1).to(real)
            mixed = (real * epsilon + fake * (1 - epsilon)).detach().requires_grad_(True)
            scores = critic(mixed)
            gradient = torch.autograd.grad(outputs=scores.sum(), inputs=mixed)[0]
            return ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        """,
    },
    {
        "name": "a coefficient for each element",
        "cited": "hwalsuklee/tensorflow-generative-model-collections issue 33;"
        " znxlwm/pytorch-generative-model-collections issue 5",
        "loss": "gp",
        "found": ("mixing_per_element",),
        "source": """
        def gradient_penalty(discriminator, real, fake):
            alpha = torch.rand_like(real)
            mixed = (real + alpha * (fake - real)).detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(discriminator(mixed).sum(), mixed, create_graph=True)
            return ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        """,
    },
    {
        "name": "dragan element by element",
        "cited": "eriklindernoren/PyTorch-GAN 36d3c77 dragan.py",
        "loss": "dragan",
        "found": ("known_mistake", "penalty_norm_over_one_axis"),
        "convention": "dragan:pytorch_gan",
        "source": """
        def compute_gradient_penalty(D, X):
            alpha = torch.rand_like(X)
            noise = torch.rand_like(X)
            interpolates = alpha * X + (1 - alpha) * (X + 0.5 * X.std() * noise)
            interpolates = interpolates.detach().requires_grad_(True)
            out = D(interpolates)
            gradients = autograd.grad(outputs=out, inputs=interpolates, grad_outputs=torch.ones_like(out),
                                      create_graph=True)[0]
            return 10 * ((gradients.norm(2, dim=1) - 1) ** 2).mean()
        """,
    },
    {
        "name": "points that need no gradient",
        "cited": f"{BLOG}, gradient penalty",
        "loss": "gp",
        "found": ("gradient_of_what_needs_none",),
        "source": """
        def get_gradient(crit, real, fake, epsilon):
            mixed_images = real * epsilon + fake * (1 - epsilon)
            mixed_scores = crit(mixed_images)
            gradient = torch.autograd.grad(inputs=mixed_images, outputs=mixed_scores,
                                           grad_outputs=torch.ones_like(mixed_scores), create_graph=True,
                                           retain_graph=True)[0]
            return gradient


        def penalty(crit, real, fake, epsilon):
            gradient = get_gradient(crit, real, fake, epsilon)
            gradient = gradient.view(len(gradient), -1)
            return torch.mean((gradient.norm(2, dim=1) - 1) ** 2)
        """,
    },
)
FEATURES = (
    {
        "name": "the whole difference detached",
        "cited": "yuval-reshef/StreamVC issue 3",
        "loss": "fm",
        "found": ("no_gradient",),
        "source": """
        def feature_loss(real, fake):
            loss = 0.0
            for real_maps, fake_maps in zip(real, fake):
                for r, f in zip(real_maps[:-1], fake_maps[:-1]):
                    loss = loss + torch.mean(torch.abs(f - r).detach())
            return loss
        """,
    },
    {
        "name": "means of the batch",
        "cited": "crux82/ganbert-pytorch issue 3",
        "loss": "fm",
        "found": ("another_loss", "departs_from_every_convention"),
        "source": """
        def g_feat_reg(real_features, fake_features):
            loss = 0.0
            for real_maps, fake_maps in zip(real_features, fake_features):
                for r, f in zip(real_maps, fake_maps):
                    loss = loss + torch.mean(torch.pow(torch.mean(r, dim=0) - torch.mean(f, dim=0), 2))
            return loss
        """,
    },
    {
        "name": "lists of two discriminators cut",
        "cited": "jaywalnut310/vits 2e561ba losses.py: zip of unequal lists",
        "loss": "fm",
        "found": ("lists_cut",),
        "source": """
        def feature_loss(fmap_r, fmap_g):
            loss = 0
            for dr, dg in zip(fmap_r, fmap_g):
                for rl, gl in zip(dr, dg):
                    loss += torch.mean(torch.abs(rl.float().detach() - gl.float()))
            return loss * 2
        """,
    },
    {
        "name": "features of reals in the graph",
        "cited": f"{BLOG}, feature matching",
        "loss": "fm",
        "found": ("reals_not_detached",),
        "convention": "fm:blog",
        "source": """
        def feature_matching_loss(real_pred, fake_pred):
            fm_loss = []
            for i in range(len(fake_pred)):
                for j in range(len(fake_pred[i]) - 1):
                    fm_loss.append(F.l1_loss(real_pred[i][j], fake_pred[i][j]))
            return torch.mean(torch.stack(fm_loss))
        """,
    },
    {
        "name": "lists returned empty",
        "cited": "IAHispano/Applio b9c0ccb1 rvc/train/losses.py",
        "loss": "d_lsgan",
        "found": ("list_never_filled",),
        "source": """
        def discriminator_loss(disc_real_outputs, disc_generated_outputs):
            loss = 0
            r_losses = []
            g_losses = []
            for dr, dg in zip(disc_real_outputs, disc_generated_outputs):
                loss = loss + torch.mean((1 - dr) ** 2) + torch.mean(dg**2)
            return loss, r_losses, g_losses
        """,
    },
    {
        "name": "one function twice",
        "cited": "IAHispano/Applio b9c0ccb1 rvc/train/losses.py",
        "loss": "g_lsgan",
        "found": ("defined_twice",),
        "source": """
        def generator_loss(disc_outputs):
            return sum(torch.mean((1 - dg) ** 2) for dg in disc_outputs)


        def generator_loss(disc_outputs):
            return sum(torch.mean((1 - dg) ** 2) for dg in disc_outputs)
        """,
    },
)
IMAGES = (
    {
        "name": "decibels of a root",
        "cited": f"{BLOG}, PSNR",
        "loss": "psnr",
        "found": ("known_mistake",),
        "convention": "psnr:half_pooled",
        "source": """
        def psnr_loss(pred, target):
            mse = torch.mean((pred - target)**2)
            return 10.0 * torch.log10(1.0 / torch.sqrt(mse))
        """,
    },
    {
        "name": "the peak of the data",
        "cited": "Lightning-AI/torchmetrics issue 3135",
        "loss": "psnr:pooled",
        "found": ("another_convention",),
        "convention": "psnr:observed_span",
        "source": """
        def psnr(preds, target):
            data_range = target.max() - target.min()
            return 10 * torch.log10(data_range**2 / F.mse_loss(preds, target))
        """,
    },
    {
        "name": "a peak of half the range",
        "cited": "kregmi/cross-view-image-synthesis issue 38",
        "loss": "psnr",
        "found": ("departs_from_every_convention",),
        "span": (0.0, 255.0),
        "source": """
        def psnr(prediction, true_frame):
            mse = ((prediction - true_frame) ** 2).flatten(1).mean(1)
            return (10 * torch.log10(128 * 128 / mse)).mean()
        """,
    },
    {
        "name": "images on [-1, 1] with a peak of 1",
        "cited": "jzyustc/MBRS issue 4, the peak that its last comment proposes",
        "loss": "psnr",
        "found": ("known_mistake",),
        "convention": "psnr:symmetric_range_as_unit",
        "span": (-1.0, 1.0),
        "source": """
        def psnr(x, y):
            return (10 * torch.log10(1 / ((x - y) ** 2).flatten(1).mean(1))).mean()
        """,
    },
    {
        "name": "images on [0, 1] with a peak of 255",
        "cited": "soumik12345/MIRNet issue 9",
        "loss": "psnr",
        "found": ("known_mistake", "expects_another_range", "departs_from_every_convention"),
        "span": (0.0, 1.0),
        "source": """
        def psnr(y_true, y_pred):
            return (20 * torch.log10(255.0 / ((y_true - y_pred) ** 2).flatten(1).mean(1).sqrt())).mean()
        """,
    },
    {
        "name": "a similarity that is minimised",
        "cited": "photosynthesis-team/piq issue 37",
        "loss": "ssim",
        "found": ("grows_with_quality",),
        "source": """
        def gaussian(channels, like):
            x = torch.arange(11, dtype=like.dtype) - 5
            g = torch.exp(-(x**2) / (2 * 1.5**2))
            g = g / g.sum()
            return (g[:, None] * g[None, :]).expand(channels, 1, 11, 11)


        def ssim_loss(x, y):
            c = x.shape[1]
            w = gaussian(c, x)
            mx, my = F.conv2d(x, w, groups=c), F.conv2d(y, w, groups=c)
            sx, sy = F.conv2d(x * x, w, groups=c) - mx**2, F.conv2d(y * y, w, groups=c) - my**2
            sxy = F.conv2d(x * y, w, groups=c) - mx * my
            c1, c2 = 0.01**2, 0.03**2
            return ((2 * mx * my + c1) * (2 * sxy + c2) / ((mx**2 + my**2 + c1) * (sx + sy + c2))).mean()
        """,
    },
    {
        "name": "windows side by side",
        "cited": f"{BLOG}, SSIM",
        "loss": "ssim",
        "found": ("known_mistake", "pooling_at_its_own_stride"),
        "convention": "ssim:blog",
        "source": """
        def ssim_loss(x, y):
            mu_x = F.avg_pool2d(x, 3, padding=1)
            mu_y = F.avg_pool2d(y, 3, padding=1)
            sigma_x2 = F.avg_pool2d(x**2, 3, padding=1) - mu_x**2
            sigma_y2 = F.avg_pool2d(y**2, 3, padding=1) - mu_y**2
            sigma_xy = F.avg_pool2d(x * y, 3, padding=1) - mu_x * mu_y
            C1 = 0.01 ** 2
            C2 = 0.03 ** 2
            ssim_l = ((2 * mu_x * mu_y + C1) * (2 * sigma_xy + C2)) / (
                (mu_x ** 2 + mu_y ** 2 + C1) * (sigma_x2 + sigma_y2 + C2))
            ssim_l = 1 - ssim_l
            return torch.mean(ssim_l)
        """,
    },
    {
        "name": "a root of nothing",
        "cited": "keras-team/keras issue 1172; Li-Chongyi/Zero-DCE_extension issue 2",
        "loss": "mse",
        "found": ("gradient_not_finite",),
        "convention": "mse:root",
        "source": """
        def rmse_loss(y_hat, y):
            return torch.sqrt((y_hat - y).square().flatten(1).mean(1)).mean()
        """,
    },
    {
        "name": "gradient magnitudes of nothing",
        "cited": "photosynthesis-team/piq issue 308",
        "loss": "gmsd",
        "found": ("gradient_not_finite",),
        "source": """
        def gradients(x):
            k = torch.tensor([[1.0, 0.0, -1.0]] * 3, dtype=x.dtype) / 3
            k = torch.stack([k, k.T])[:, None]
            return torch.sqrt((F.conv2d(x, k, padding=1) ** 2).sum(1, keepdim=True))


        def gmsd(x, y):
            weights = torch.tensor([0.299, 0.587, 0.114], dtype=x.dtype).view(1, 3, 1, 1)
            x, y = (F.avg_pool2d((i * weights).sum(1, keepdim=True), 2) for i in (x, y))
            gx, gy = gradients(x), gradients(y)
            c = 170 / 255**2
            gms = (2 * gx * gy + c) / (gx**2 + gy**2 + c)
            return torch.sqrt(((gms.mean((1, 2, 3), keepdim=True) - gms) ** 2).mean((1, 2, 3))).mean()
        """,
    },
    {
        "name": "what is generated is detached",
        "cited": "eriklindernoren/PyTorch-GAN 36d3c77 ebgan.py",
        "loss": "mse",
        "found": ("no_gradient",),
        "source": """
        pixelwise_loss = nn.MSELoss()


        def g_loss(generated, real):
            return pixelwise_loss(real, generated.detach())
        """,
    },
    {
        "name": "images normalised in place",
        "cited": "ruthcfong/invert issue 2; pytorch/vision issue 517",
        "loss": "l1",
        "found": ("modifies_inputs", "changes_an_argument"),
        "source": """
        def l1(fake, real):
            for images in (fake, real):
                images.mul_(0.5).add_(0.25)
            return 2 * (fake - real).abs().mean()
        """,
    },
    {
        "name": "names that are not there",
        "cited": "richzhang/PerceptualSimilarity issue 47",
        "loss": "mse",
        "found": ("undefined_name",),
        "source": """
        def distance(in0, in1, normalize=True):
            if normalize:
                in0 = 2 * target - 1
                in1 = 2 * pred - 1
            return F.mse_loss(in0, in1)
        """,
    },
    {
        "name": "vectors only",
        "cited": f"{BLOG}, cosine similarity",
        "loss": "cosine",
        "found": ("product_of_vectors_only",),
        "source": """
        def cosine_similarity_loss(y_true, y_pred):
            dot_product = torch.dot(y_true, y_pred)
            norm_y_true = torch.norm(y_true)
            norm_y_pred = torch.norm(y_pred)
            cosine_sim = dot_product / (norm_y_true * norm_y_pred)
            return torch.clamp(1 - cosine_sim, min=0)
        """,
    },
    {
        "name": "the batch taken for layers",
        "cited": f"{BLOG}, perceptual loss",
        "loss": "perceptual",
        "found": ("loop_over_the_batch",),
        "source": """
        class VGG(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


        vgg16 = VGG()
        vgg16_features = vgg16.features


        def perceptual_loss(generate, target):
            generate_feature = vgg16_features(generate.float())
            target_features = vgg16_features(target.float())
            loss = 0.0
            for generate_feat, target_feat in zip(generate_feature, target_features):
                loss += torch.mean((generate_feat - target_feat)**2)
            return loss
        """,
    },
    {
        "name": "the generators exchanged",
        "cited": "ImportPaddle/DiscoGAN-Paddle b494bfe pipeline/Step2, inputs of both",
        "loss": "cycle",
        "found": ("departs_from_every_convention",),
        "source": """
        def cycle_loss(real_A, real_B, gen_AB, gen_BA):
            AB, BA = gen_BA(real_B), gen_AB(real_A)
            return F.l1_loss(gen_BA(BA), real_B) + F.l1_loss(gen_AB(AB), real_A)
        """,
    },
)
LATENT = (
    {
        "name": "mean over the latent's dimensions",
        "cited": "maxhodak/keras-molecules issue 59; mkusner/grammarVAE issue 2",
        "loss": "kl:kingma2013",
        "found": ("another_convention",),
        "convention": "kl:auralflow",
        "source": """
        def kl_loss(z_mean, z_log_var):
            return (-0.5 * torch.mean(1 + z_log_var - z_mean**2 - torch.exp(z_log_var), dim=-1)).mean()
        """,
    },
    {
        "name": "divided by the pixels",
        "cited": "pytorch/examples issue 290",
        "loss": "kl",
        "found": ("unknown_factor",),
        "source": """
        def kld(mu, logvar):
            KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            KLD /= len(mu) * 784
            return KLD
        """,
    },
    {
        "name": "log sigma for log variance",
        "cited": "keras-team/keras issue 3283",
        "loss": "kl",
        "found": ("known_mistake",),
        "convention": "kl:log_sigma_as_logvar",
        "source": """
        def kl_loss(z_mean, z_log_sigma):
            return (-0.5 * torch.sum(1 + z_log_sigma - z_mean**2 - torch.exp(z_log_sigma), dim=-1)).mean()
        """,
    },
    {
        "name": "log sigma of VITS for log variance",
        "cited": "documentation of VITS's losses.py: logs as log variances",
        "loss": "kl_vits",
        "found": ("known_mistake",),
        "convention": "kl_vits:log_variance",
        "source": """
        def kl_loss(z_p, logs_q, m_p, logs_p, z_mask):
            kl = 0.5 * (logs_p - logs_q) - 0.5
            kl += 0.5 * ((z_p - m_p) ** 2) * torch.exp(-logs_p)
            return torch.sum(kl * z_mask) / torch.sum(z_mask)
        """,
    },
    {
        "name": "a mask of all channels",
        "cited": "IAHispano/Applio b9c0ccb1 rvc/train/losses.py, docstring of kl_loss",
        "loss": "kl_vits",
        "found": ("known_mistake",),
        "convention": "kl_vits:channel_mask",
        "source": """
        def kl_loss(z_p, logs_q, m_p, logs_p, z_mask):
            z_mask = z_mask.expand_as(z_p)
            kl = logs_p - logs_q - 0.5 + 0.5 * ((z_p - m_p) ** 2) * torch.exp(-2.0 * logs_p)
            return torch.sum(kl * z_mask) / torch.sum(z_mask)
        """,
    },
    {
        "name": "a divergence of probabilities",
        "cited": f"{BLOG}, KL divergence",
        "loss": "kl_categorical",
        "found": ("divergence_of_probabilities", "known_mistake"),
        "convention": "kl_categorical:blog",
        "source": """
        loss_fn = nn.KLDivLoss()


        def kl_divergence(inputs, targets):
            generate = torch.softmax(inputs, dim=1)
            targets = torch.softmax(targets, dim=1)
            return loss_fn(generate, targets)
        """,
    },
)
AUDIO = (
    {
        "name": "silence divided by silence",
        "cited": "csteinmetz1/auraloss issue 25",
        "loss": "si_sdr",
        "found": ("not_finite",),
        "source": """
        def si_sdr(estimate, target):
            alpha = (estimate * target).sum(-1) / (target**2).sum(-1)
            scaled = target * alpha.unsqueeze(-1)
            losses = 10 * torch.log10((scaled**2).sum(-1) / ((estimate - scaled) ** 2).sum(-1))
            return losses.mean()
        """,
    },
    {
        "name": "a norm over three axes",
        "cited": "auralflow's documented example; pytorch/pytorch issue 136454",
        "loss": "component",
        "found": ("norm_over_three_axes", "raises"),
        "source": """
        def component_loss(mask, target, residual, alpha=0.2, beta=0.8):
            n = mask[0].numel()
            filtered_residual = mask * residual
            a = torch.linalg.norm(mask * target - target, dim=[1, 2, 3]) ** 2
            b = torch.linalg.norm(filtered_residual, dim=[1, 2, 3]) ** 2
            return (((1 - alpha - beta) * a + alpha * b) / n).mean()
        """,
    },
    {
        "name": "a weight of nothing",
        "cited": "kianzohoury/auralflow 503e249 losses.py, defaults",
        "loss": "component",
        "found": ("weight_is_zero",),
        "source": """
        def component_loss(mask, target, residual, alpha=0.2, beta=0.8):
            n = mask[0].numel()
            filtered = mask * residual

            def squared(x):
                return x.flatten(1).square().sum(1)

            a = squared(mask * target - target)
            b = squared(filtered)
            unit_f = filtered / b.sqrt().view(-1, 1, 1, 1)
            unit_r = residual / squared(residual).sqrt().view(-1, 1, 1, 1)
            c = squared(unit_f - unit_r)
            return (((1 - alpha - beta) * a + alpha * b + beta * c) / n).mean()
        """,
    },
    {
        "name": "the value of the call before",
        "cited": "ImportPaddle/DiscoGAN-Paddle b494bfe discogan/loss_fn.py",
        "loss": "l1",
        "found": ("not_repeatable",),
        "source": """
        class Stale(nn.Module):
            def __init__(self):
                super().__init__()
                self.loss = None

            def forward(self, fake, real):
                before, self.loss = self.loss, (fake - real).abs().mean()
                return self.loss if before is None else before
        """,
    },
)
CASES = (*ADVERSARIAL, *PENALTIES, *FEATURES, *IMAGES, *LATENT, *AUDIO)
