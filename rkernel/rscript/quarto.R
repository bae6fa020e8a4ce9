# Quarto opens the comm quarto_kernel_setup before the first cell of a document,
# with the document's options (build_kernel_options in its notebook.py). Its
# engine for Jupyter knows no other way to tell a kernel how large figures are.

# serve_quarto makes figures as large as the document wants them.
serve_quarto <- function() comm_targets$quarto_kernel_setup <- function(comm, data) {
    comm$close() # there is nothing more to say
    set <- quarto_options(data$options)
    if (length(set)) options(set)
}

# quarto_options gives R's options for those of a document. fig_width and
# fig_height are in inches, fig_dpi is in pixels per inch. Quarto takes "retina" for
# PNG of twice that resolution, shown at half its size.
quarto_options <- function(document) {
    format <- document$fig_format
    mime <- if (is.character(format) && length(format) == 1L)
        switch(format, png = , retina = "image/png", jpg = , jpeg = "image/jpeg",
               svg = "image/svg+xml", pdf = "application/pdf")
    scale <- if (identical(format, "retina")) 2 else 1
    set <- list(repr.plot.width = quarto_number(document$fig_width),
                repr.plot.height = quarto_number(document$fig_height),
                jupyter.plot_mimetypes = mime)
    dpi <- quarto_number(document$fig_dpi)
    if (!is.null(dpi)) set <- c(set, repr.plot.res = dpi * scale, jupyter.plot_scale = scale)
    Filter(Negate(is.null), set)
}

quarto_number <- function(x) if (is.numeric(x) && length(x) == 1L && is.finite(x) && x > 0) x
