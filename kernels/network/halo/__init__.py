"""The exchange of halos alone, without a stencil."""
