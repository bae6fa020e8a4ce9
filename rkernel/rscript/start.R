# start makes R's options point to this front end. It runs once, after R's own
# startup; what a profile set to a function of its own is kept.
#
# Options that differ from plain R, and why: pager, browser, viewer, pdfviewer,
# editor (a notebook has no terminal and no window), device (plots are messages),
# jupyter.* (packages written for IRkernel look at them); and askpass, in host.R.
start <- function() {
    take_option("pager", pager)
    take_option("browser", browser)
    take_option("editor", editor)
    options(viewer = viewer, pdfviewer = pdf_viewer(), device = open_device,
            jupyter.in_kernel = TRUE, jupyter.base_display_func = display_bundle,
            jupyter.clear_output_func = clear_output, jupyter.comm_manager = comm_manager)
    serve_comms()
    serve_quarto()
    if (isNamespaceLoaded("utils")) replace_view()
    else setHook(packageEvent("utils", "onLoad"), function(...) replace_view())
    invisible()
}

take_option <- function(name, value) {
    if (!is.function(getOption(name))) do.call(options, structure(list(value), names = name))
}

# View has no option to go through; its place in utils is ours.
replace_view <- function() {
    view <- View_table
    places <- list(asNamespace("utils"))
    if ("package:utils" %in% search()) places <- c(places, as.environment("package:utils"))
    for (place in places) {
        locked <- bindingIsLocked("View", place)
        if (locked) unlockBinding("View", place)
        assign("View", view, envir = place)
        if (locked) lockBinding("View", place)
    }
}
