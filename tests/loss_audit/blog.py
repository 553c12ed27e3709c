"""The code of a blog post on GAN losses, typed in by a reader who mended the indentation and nothing else.

Each block is a file of the reader's; `found` are the checks that its mistakes must be found by, all of them.
"""

from __future__ import annotations

BLOCKS = (
    {
        "name": "adversarial",
        "function": "adversarial_loss",
        "loss": "d_bce",
        "convention": "d_bce:dcgan",
        "found": ("import_fails", "undefined_name", "labels_of_fixed_size"),
        "source": """
        gan = Generator(...)
        disc = Discriminator(...)

        g_optim = optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
        d_optim = optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))

        # Adversarial loss function
        def adversarial_loss(outputs, target_labels):
            loss = nn.BCELoss()
            return loss(outputs, target_labels)

        # Training Loop for using binary cross entropy
        for epoch in range(num_epochs):
            for batch_idx, real_data in enumerate(dataloader):
                d_optim.zero_grad()

                real_labels = torch.ones(batch_size, 1)
                fake_labels = torch.zeros(batch_size, 1)

                real_output = disc(real_data)
                real_loss = adversarial_loss(real_output, real_labels)

                fake_input = torch.randn(batch_size, latent_dim)
                fake_data = gan(fake_input)
                fake_output = disc(fake_data.detach())  # Detach gradients from the generator
                fake_loss = adversarial_loss(fake_output, fake_labels)

                dis_loss = real_loss + fake_loss
                dis_loss.backward()
                dis_optimizer.step()
        """,
    },
    {
        "name": "divergence",
        "function": "loss_fn",
        "loss": "kl_categorical",
        "convention": "kl_categorical:mean",
        "found": (
            "import_fails",
            "undefined_name",
            "divergence_of_probabilities",
            "divergence_averaged_over_classes",
            "known_mistake",
        ),
        "source": """
        from torch.nn import KLDivLoss

        # Create the input and target tensors
        inputs = torch.randn(10, 10)
        targets = torch.randn(10, 10)

        # Convert the input and target tensors to probability distributions
        generate = torch.softmax(inputs,dim=1)
        targets = torch.softmax(targets,dim=1)

        # Create the KL-divergence loss function
        loss_fn = KLDivLoss()

        # Calculate the loss
        loss = loss_fn(generate, soft_targets)

        print(loss)
        """,
    },
    {
        "name": "wasserstein critic",
        "function": "d_wasserstein_loss",
        "loss": "d_wgan",
        "convention": "d_wgan:blog",
        "found": (),
        "source": """
        # Wasserstein loss for the critic
        def d_wasserstein_loss(p_real, p_fake):
            r_loss = torch.mean(p_real)
            f_loss = torch.mean(p_fake)
            return f_loss - r_loss
        """,
    },
    {
        "name": "wasserstein generator",
        "function": "g_wasserstein_loss",
        "loss": "g_wgan",
        "found": (),
        "convention": "g_wgan:blog",
        "source": """
        # Wasserstein loss for the generator
        def g_wasserstein_loss(pred_fake):
            return -1 * torch.mean(pred_fake)
        """,
    },
    {
        "name": "gradient penalty",
        "function": "gradient_penalty",
        "loss": "gp",
        "convention": "gp:gulrajani2017",
        "found": ("undefined_name", "gradient_of_what_needs_none", "uniform_latents", "graph_kept"),
        "source": """
        # First implement gradient
        def get_gradient(crit, real, fake, epsilon):
            mixed_images = real * epsilon + fake * (1 - epsilon)
            mixed_scores = crit(mixed_images)
            gradient = torch.autograd.grad(
                inputs=mixed_images,
                outputs=mixed_scores,
                grad_outputs=torch.ones_like(mixed_scores),
                create_graph=True,
                retain_graph=True,
            )[0]
            return gradient

        def gradient_penalty(gradient):
            gradient = gradient.view(len(gradient), -1)
            gradient_norm = gradient.norm(2, dim=1)
            penalty = torch.mean((gradient_norm - 1)**2)
            return penalty

        # Actual Training loop For Using Wesserstein loss with Gradient panalty.
        n_epochs = 5
        c_lambda = 10
        crit_repeats = 5
        for epoch in range(n_epochs):
            for i, data in enumerate(dataloader):
                actual_image = data[0].to(device)
                b_size = actual_image.size(0)
                mean_iteration_critic_loss = 0
                for _ in range(crit_repeats):
                    disc_opt.zero_grad()
                    noise = torch.rand(b_size,100,1,1,device=device)
                    fake_image = gen(noise)
                    fake_pred = disc(fake_image.detach())
                    real_pred = disc(actual_image)
                    epsilon = torch.rand(len(actual_image),1,1,1,device=device,requires_grad=True)
                    gradient = get_gradient(disc,actual_image,fake_image.detach(),epsilon)
                    gp = gradient_penalty(gradient)
                    crit_loss = d_wasserstein_loss(real_pred,fake_pred) + c_lambda * gp
                    mean_iteration_critic_loss += crit_loss.item()/crit_repeats
                    crit_loss.backward(retain_graph=True)
                    disc_opt.step()
        """,
    },
    {
        "name": "least squares",
        "function": "m_loss",
        "loss": "mse",
        "convention": "mse:mean",
        "found": (),
        "source": """
        # Pytorch inbuild Least square loss have name is MSELoss
        m_loss = nn.MSELoss()
        """,
    },
    {
        "name": "pixels",
        "function": "l1loss",
        "loss": "l1",
        "convention": "l1:mean",
        "found": (),
        "source": """
        l1loss = nn.L1Loss()
        """,
    },
    {
        "name": "perceptual",
        "function": "perceptual_loss",
        "loss": "perceptual",
        "convention": None,
        "found": (
            "import_fails",
            "undefined_name",
            "loop_over_the_batch",
            "backbone_in_training",
            "backbone_without_normalisation",
            "raises",
        ),
        "source": """
        import torchvision_of_the_reader.models as models
        import torchvision_of_the_reader.transforms as transforms

        # Load a pretrained VGG16 model
        vgg16 = models.vgg16(pretrained=True).to(device)
        vgg16_features = vgg16.features

        # Define a transform to preprocess images for the VGG model
        preprocess = transforms.Compose([
            transforms.Resize((224, 224)),  # Resize to VGG input size
        ])

        def perceptual_loss(generate, target):
            # Preprocess input and target images
            generate = preprocess(generate)
            target = preprocess(target)

            # Calculate VGG feature maps
            generate_feature = vgg16_features(generate)
            target_features = vgg16_features(target)

            loss = 0.0  # Initialize the loss variable
            for generate_feat, target_feat in zip(generate_feature, target_features):
                # Calculate mean squared difference for each feature map
                loss += torch.mean((generate_feat - target_feat)**2)

            return loss
        """,
    },
    {
        "name": "feature matching",
        "function": "feature_matching_loss",
        "loss": "fm",
        "convention": "fm:blog",
        "found": ("reals_not_detached",),
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
        "name": "cycle",
        "function": "cycle_consistency_loss",
        "loss": "cycle",
        "convention": "cycle:zhu2017",
        "found": ("import_fails", "undefined_name", "off_by_a_factor"),
        "source": """
        recon_criterion = nn.L1Loss()
        dim_A = 3
        dim_B = 3

        # Write Generator and Discriminator Architacture.
        gen_AB = generator(...)
        gen_BA = generator(...)

        def cycle_consistency_loss(real_A,real_B,fake_A,fake_B,gen_BA, gen_AB, cycle_criterion,lambda_cycle = 10):
            cycle_A = gen_BA(fake_B)
            cycle_loss1 = cycle_criterion(cycle_A, real_A)
            cycle_B = gen_AB(fake_A)
            cycle_loss2 = cycle_criterion(cycle_B,real_B)
            # total cycle loss
            total_cycle_loss = lambda_cycle * (cycle_loss1 + cycle_loss2)
            return total_cycle_loss

        fake_B = gen_AB(input_A)
        fake_A = gen_BA(input_B)
        gen_cycle_loss = get_cycle_consistency_loss(real_A, real_B,fake_A,fake_B, gen_BA,gen_AB, recon_criterion)
        """,
    },
    {
        "name": "identity",
        "function": "get_identity_loss",
        "loss": "identity",
        "convention": "identity:zhu2017",
        "found": (),
        "source": """
        def get_identity_loss(real_A,real_B, gen_AB,gen_BA, identity_criterion):
            identity_A = gen_BA(real_A)
            identity_loss_A = identity_criterion(identity_A, real_A)

            identity_B = gen_AB(real_B)
            identity_loss_B = identity_criterion(identity_B,real_B)

            gen_identity_loss = identity_loss_A + identity_loss_B
            return gen_identity_loss
        """,
    },
    {
        "name": "psnr",
        "function": "psnr_loss",
        "loss": "psnr",
        "convention": "psnr:half_pooled",
        "found": ("known_mistake", "root_inside_decibels", "grows_with_quality"),
        "source": """
        def psnr_loss(pred, target):
            mse = torch.mean((pred - target)**2)
            return 10.0 * torch.log10(1.0 / torch.sqrt(mse))
        """,
    },
    {
        "name": "cosine",
        "function": "cosine_similarity_loss",
        "loss": "cosine",
        "convention": "cosine:per_sample",
        "found": ("product_of_vectors_only", "not_finite"),
        "source": """
        # Make sure this loss function only calculate 1D-Vector
        def cosine_similarity_loss(y_true, y_pred):
            dot_product = torch.dot(y_true, y_pred)
            norm_y_true = torch.norm(y_true)
            norm_y_pred = torch.norm(y_pred)
            cosine_sim = dot_product / (norm_y_true * norm_y_pred)
            cosine_loss = torch.clamp(1 - cosine_sim, min=0)
            return cosine_loss
        """,
    },
    {
        "name": "ssim",
        "function": "ssim_loss",
        "loss": "ssim",
        "convention": "ssim:blog",
        "found": ("known_mistake", "pooling_at_its_own_stride"),
        "source": """
        def ssim_loss(x, y):
            mu_x = F.avg_pool2d(x, 3, padding=1)
            mu_y = F.avg_pool2d(y, 3, padding=1)
            sigma_x2 = F.avg_pool2d(x**2, 3, padding=1) - mu_x**2
            sigma_y2 = F.avg_pool2d(y**2, 3, padding=1) - mu_y**2
            sigma_xy = F.avg_pool2d(x * y, 3, padding=1) - mu_x * mu_y
            C1 = 0.01 ** 2
            C2 = 0.03 ** 2
            ssim_l = (((2 * mu_x * mu_y + C1) * (2 * sigma_xy + C2))
                      / ((mu_x ** 2 + mu_y ** 2 + C1) * (sigma_x2 + sigma_y2 + C2)))
            ssim_l = 1 - ssim_l
            ssim_m = torch.mean(ssim_l)
            return ssim_m
        """,
    },
)
# Lines of it that no Python reads, with the line that must be named.
BROKEN = (
    ("import", "impor torch\nfrom torch import nn\n", 1),
    ("docstring", 'def d_wasserstein_loss(p_real, p_fake):\n"""\n    Compute it.\n  """\n    r_loss = 0\n', 2),
    ("missing comma", "def get_identity_loss(real_A,real_B gen_AB,gen_BA, identity_criterion):\n    return 0\n", 1),
    ("tab", "if True:\n        loss = 0\n\tloss = 1\n", 3),
)
