"""Loss functions as their authors wrote them, or as their papers say. No check may find anything wrong with them."""

from __future__ import annotations

VITS = "jaywalnut310/vits@2e561ba losses.py"
CASES = (
    {
        "name": "vits discriminator",
        "cited": VITS,
        "loss": "d_lsgan",
        "convention": "d_lsgan:vits",
        "source": """
        def discriminator_loss(disc_real_outputs, disc_generated_outputs):
            loss = 0
            r_losses = []
            g_losses = []
            for dr, dg in zip(disc_real_outputs, disc_generated_outputs):
                dr = dr.float() if dr.dtype == torch.float16 else dr
                r_loss = torch.mean((1 - dr) ** 2)
                g_loss = torch.mean(dg**2)
                loss += r_loss + g_loss
                r_losses.append(r_loss.item())
                g_losses.append(g_loss.item())
            return loss, r_losses, g_losses
        """,
    },
    {
        "name": "vits generator",
        "cited": VITS,
        "loss": "g_lsgan",
        "convention": "g_lsgan:vits",
        "source": """
        def generator_loss(disc_outputs):
            loss = 0
            gen_losses = []
            for dg in disc_outputs:
                l = torch.mean((1 - dg) ** 2)
                gen_losses.append(l)
                loss += l
            return loss, gen_losses
        """,
    },
    {
        "name": "vits features",
        "cited": VITS,
        "loss": "fm",
        "convention": "fm:vits",
        "source": """
        def feature_loss(fmap_r, fmap_g):
            loss = 0
            for dr, dg in zip(fmap_r, fmap_g):
                for rl, gl in zip(dr, dg):
                    loss += torch.mean(torch.abs(rl.detach() - gl))
            return loss * 2
        """,
    },
    {
        "name": "vits divergence",
        "cited": VITS,
        "loss": "kl_vits",
        "convention": "kl_vits:vits",
        "source": """
        def kl_loss(z_p, logs_q, m_p, logs_p, z_mask):
            kl = logs_p - logs_q - 0.5
            kl += 0.5 * ((z_p - m_p) ** 2) * torch.exp(-2.0 * logs_p)
            kl = torch.sum(kl * z_mask)
            l = kl / torch.sum(z_mask)
            return l
        """,
    },
    {
        "name": "stylegan2 discriminator",
        "cited": "rosinality/stylegan2-pytorch@bef283a train.py",
        "loss": "d_bce",
        "convention": "d_bce:dcgan",
        "source": """
        def d_logistic_loss(real_pred, fake_pred):
            return F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean()
        """,
    },
    {
        "name": "stylegan2 generator",
        "cited": "rosinality/stylegan2-pytorch@bef283a train.py",
        "loss": "g_bce",
        "convention": "g_bce:dcgan",
        "source": """
        def g_nonsaturating_loss(fake_pred):
            return F.softplus(-fake_pred).mean()
        """,
    },
    {
        "name": "stylegan2 r1",
        "cited": "rosinality/stylegan2-pytorch@bef283a train.py",
        "loss": "r1",
        "convention": "r1:stylegan2",
        "source": """
        def d_r1_loss(real_pred, real_img):
            (grad_real,) = autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
            return grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()
        """,
    },
    {
        "name": "stylegan2 path length",
        "cited": "rosinality/stylegan2-pytorch@bef283a train.py",
        "loss": "path_length",
        "convention": "path_length:stylegan2",
        "source": """
        import math


        def g_path_regularize(fake_img, latents, mean_path_length, decay=0.01):
            noise = torch.randn_like(fake_img) / math.sqrt(fake_img.shape[2] * fake_img.shape[3])
            (grad,) = autograd.grad(outputs=(fake_img * noise).sum(), inputs=latents, create_graph=True)
            path_lengths = torch.sqrt(grad.pow(2).sum(2).mean(1))
            path_mean = mean_path_length + decay * (path_lengths.mean() - mean_path_length)
            path_penalty = (path_lengths - path_mean).pow(2).mean()
            return path_penalty, path_mean.detach(), path_lengths
        """,
    },
    {
        "name": "dcgan with probabilities",
        "cited": "pytorch/examples@77f55b9 dcgan/main.py",
        "loss": "d_bce",
        "convention": "d_bce:dcgan",
        "source": """
        criterion = nn.BCELoss()


        def discriminator_loss(output_real, output_fake):
            label = torch.full_like(output_real, 1.0)
            err_real = criterion(output_real, label)
            err_fake = criterion(output_fake, torch.full_like(output_fake, 0.0))
            return err_real + err_fake
        """,
    },
    {
        "name": "one side with labels",
        "cited": "the blog on GAN loss functions, adversarial_loss",
        "loss": "d_bce",
        "convention": "d_bce:dcgan",
        "source": """
        def adversarial_loss(outputs, target_labels):
            loss = nn.BCELoss()
            return loss(outputs, target_labels)
        """,
    },
    {
        "name": "cyclegan criterion",
        "cited": "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py",
        "loss": "g_lsgan",
        "convention": "g_lsgan:vits",
        "source": """
        class GANLoss(nn.Module):
            def __init__(self, gan_mode="lsgan", target_real_label=1.0, target_fake_label=0.0):
                super().__init__()
                self.register_buffer("real_label", torch.tensor(target_real_label))
                self.register_buffer("fake_label", torch.tensor(target_fake_label))
                self.loss = nn.MSELoss() if gan_mode == "lsgan" else nn.BCEWithLogitsLoss()

            def get_target_tensor(self, prediction, target_is_real):
                target_tensor = self.real_label if target_is_real else self.fake_label
                return target_tensor.expand_as(prediction).to(prediction)

            def forward(self, prediction, target_is_real):
                return self.loss(prediction, self.get_target_tensor(prediction, target_is_real))
        """,
    },
    {
        "name": "spade hinge",
        "cited": "NVlabs/SPADE@fecacc9 models/networks/loss.py, one discriminator",
        "loss": "d_hinge",
        "convention": "d_hinge:biggan",
        "source": """
        def d_loss(real, fake):
            zero = torch.zeros_like(real)
            return -torch.mean(torch.min(real - 1, zero)) - torch.mean(torch.min(-fake - 1, torch.zeros_like(fake)))
        """,
    },
    {
        "name": "wasserstein critic",
        "cited": "the blog on GAN loss functions",
        "loss": "d_wgan",
        "convention": "d_wgan:blog",
        "source": """
        def d_wasserstein_loss(p_real, p_fake):
            r_loss = torch.mean(p_real)
            f_loss = torch.mean(p_fake)
            return f_loss - r_loss
        """,
    },
    {
        "name": "wasserstein generator",
        "cited": "the blog on GAN loss functions",
        "loss": "g_wgan",
        "convention": "g_wgan:blog",
        "source": """
        def g_wasserstein_loss(pred_fake):
            return -1 * torch.mean(pred_fake)
        """,
    },
    {
        "name": "cyclegan gradient penalty",
        "cited": "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py",
        "loss": "gp",
        "source": """
        def cal_gradient_penalty(netD, real_data, fake_data, constant=1.0, lambda_gp=10.0):
            alpha = torch.rand(real_data.shape[0], 1, dtype=real_data.dtype)
            alpha = alpha.expand(real_data.shape[0], real_data.nelement() // real_data.shape[0]).contiguous()
            alpha = alpha.view(*real_data.shape)
            interpolatesv = (alpha * real_data + ((1 - alpha) * fake_data)).detach().requires_grad_(True)
            disc_interpolates = netD(interpolatesv)
            gradients = torch.autograd.grad(outputs=disc_interpolates, inputs=interpolatesv,
                                            grad_outputs=torch.ones(disc_interpolates.size()).to(real_data),
                                            create_graph=True, retain_graph=True, only_inputs=True)
            gradients = gradients[0].view(real_data.size(0), -1)
            return (((gradients + 1e-16).norm(2, dim=1) - constant) ** 2).mean() * lambda_gp
        """,
        "convention": "gp:caogang",
    },
    {
        "name": "gradient penalty of a gradient",
        "cited": "the blog on GAN loss functions",
        "loss": "gp",
        "convention": "gp:gulrajani2017",
        "source": """
        def gradient_penalty(gradient):
            gradient = gradient.view(len(gradient), -1)
            gradient_norm = gradient.norm(2, dim=1)
            return torch.mean((gradient_norm - 1)**2)
        """,
    },
    {
        "name": "vae example",
        "cited": "pytorch/examples@77f55b9 vae/main.py",
        "loss": "kl",
        "convention": "kl:vae_example",
        "source": """
        def kld(mu, logvar):
            return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        """,
    },
    {
        "name": "closed form",
        "cited": "arXiv:1312.6114, appendix B",
        "loss": "kl",
        "convention": "kl:kingma2013",
        "source": """
        def kl(mu, log_var):
            return torch.mean(-0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp(), dim=1), dim=0)
        """,
    },
    {
        "name": "divergence in torch's way",
        "cited": "torch 2.13, documentation of KLDivLoss",
        "loss": "kl_categorical",
        "convention": "kl_categorical:batchmean",
        "source": """
        def kl(input, target):
            return F.kl_div(F.log_softmax(input, dim=1), F.softmax(target, dim=1), reduction="batchmean")
        """,
    },
    {
        "name": "psnr",
        "cited": "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py, calculate_psnr_pt",
        "loss": "psnr",
        "convention": "psnr:cap80",
        "source": """
        def calculate_psnr_pt(img, img2):
            mse = torch.mean((img - img2) ** 2, dim=[1, 2, 3])
            return 10. * torch.log10(1. / (mse + 1e-8))
        """,
    },
    {
        "name": "ssim",
        "cited": "doi:10.1109/TIP.2003.819861",
        "loss": "ssim",
        "convention": "ssim:wang2004",
        "source": """
        def ssim(img1, img2):
            c = img1.shape[1]
            x = torch.arange(11, dtype=img1.dtype) - 5
            g = torch.exp(-(x**2) / (2 * 1.5**2))
            g = g / g.sum()
            w = (g[:, None] * g[None, :]).expand(c, 1, 11, 11)
            m1, m2 = F.conv2d(img1, w, groups=c), F.conv2d(img2, w, groups=c)
            s1, s2 = F.conv2d(img1**2, w, groups=c) - m1**2, F.conv2d(img2**2, w, groups=c) - m2**2
            s12 = F.conv2d(img1 * img2, w, groups=c) - m1 * m2
            return ((2 * m1 * m2 + 1e-4) * (2 * s12 + 9e-4) / ((m1**2 + m2**2 + 1e-4) * (s1 + s2 + 9e-4))).mean()
        """,
    },
    {
        "name": "l1",
        "cited": "torch 2.13",
        "loss": "l1",
        "convention": "l1:mean",
        "function": "l1loss",
        "source": """
        l1loss = nn.L1Loss()
        """,
    },
    {
        "name": "mse",
        "cited": "torch 2.13",
        "loss": "mse",
        "convention": "mse:mean",
        "function": "m_loss",
        "source": """
        m_loss = nn.MSELoss()
        """,
    },
    {
        "name": "charbonnier",
        "cited": "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py",
        "loss": "charbonnier",
        "convention": "charbonnier:basicsr",
        "source": """
        def charbonnier_loss(pred, target, eps=1e-12):
            return torch.sqrt((pred - target)**2 + eps).mean()
        """,
    },
    {
        "name": "cosine",
        "cited": "torch 2.13",
        "loss": "cosine",
        "convention": "cosine:per_sample",
        "source": """
        def cosine(pred, target):
            return (1 - F.cosine_similarity(pred.flatten(1), target.flatten(1), dim=1)).mean()
        """,
    },
    {
        "name": "total variation",
        "cited": "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py",
        "loss": "tv",
        "convention": "tv:basicsr",
        "source": """
        def tv(pred):
            y_diff = (pred[:, :, :-1, :] - pred[:, :, 1:, :]).abs().mean()
            x_diff = (pred[:, :, :, :-1] - pred[:, :, :, 1:]).abs().mean()
            return x_diff + y_diff
        """,
    },
    {
        "name": "cycle",
        "cited": "the blog on GAN loss functions",
        "loss": "cycle",
        "convention": "cycle:zhu2017",
        "source": """
        def cycle_consistency_loss(real_A, real_B, fake_A, fake_B, gen_BA, gen_AB, cycle_criterion, lambda_cycle=10):
            cycle_A = gen_BA(fake_B)
            cycle_loss1 = cycle_criterion(cycle_A, real_A)
            cycle_B = gen_AB(fake_A)
            cycle_loss2 = cycle_criterion(cycle_B, real_B)
            return lambda_cycle * (cycle_loss1 + cycle_loss2)
        """,
    },
    {
        "name": "identity",
        "cited": "the blog on GAN loss functions",
        "loss": "identity",
        "convention": "identity:zhu2017",
        "source": """
        def get_identity_loss(real_A, real_B, gen_AB, gen_BA, identity_criterion):
            identity_A = gen_BA(real_A)
            identity_loss_A = identity_criterion(identity_A, real_A)
            identity_B = gen_AB(real_B)
            identity_loss_B = identity_criterion(identity_B, real_B)
            return identity_loss_A + identity_loss_B
        """,
    },
    {
        "name": "relativistic average",
        "cited": "AlexiaJM/RelativisticGAN@2646c0b",
        "loss": "d_ragan",
        "convention": "d_ragan:relativistic_gan",
        "source": """
        bce = nn.BCEWithLogitsLoss()


        def d_loss(y_pred, y_pred_fake):
            one, zero = torch.ones_like(y_pred), torch.zeros_like(y_pred)
            return (bce(y_pred - torch.mean(y_pred_fake), one) + bce(y_pred_fake - torch.mean(y_pred), zero)) / 2
        """,
    },
    {
        "name": "commitment",
        "cited": "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py",
        "loss": "vq_commit",
        "convention": "vq_commit:dac",
        "source": """
        def commitment_loss(z_e, z_q):
            return F.mse_loss(z_e, z_q.detach(), reduction="none").flatten(1).mean(1).mean()
        """,
    },
    {
        "name": "scale-invariant ratio",
        "cited": "torchmetrics 1.9.0 functional/audio/sdr.py",
        "loss": "si_sdr",
        "convention": "si_sdr:leroux2019",
        "source": """
        def si_sdr(preds, target):
            eps = torch.finfo(preds.dtype).eps
            alpha = (torch.sum(preds * target, dim=-1, keepdim=True) + eps) / (
                torch.sum(target**2, dim=-1, keepdim=True) + eps)
            target_scaled = alpha * target
            noise = target_scaled - preds
            val = (torch.sum(target_scaled**2, dim=-1) + eps) / (torch.sum(noise**2, dim=-1) + eps)
            return (10 * torch.log10(val)).mean()
        """,
    },
)
