# Plots: opening the device, drawing a recorded page into a file, sending it.
# The device itself is host/device.c.

# Sizes as IRkernel's users set them; inches, and pixels per inch. A plot is
# shown at 72 px per inch whatever its resolution, so a higher one makes it
# sharper and not larger; an explicit jupyter.plot_scale divides as in IRkernel.
plot_defaults <- list(repr.plot.width = 7, repr.plot.height = 7, repr.plot.res = 144,
                      repr.plot.pointsize = 12, repr.plot.bg = "white",
                      repr.plot.family = "sans", repr.plot.antialias = "default",
                      repr.plot.quality = 90, jupyter.plot_mimetypes = "image/png",
                      adrastea.plot.max_svg = 2^20)

plot_limits <- list(repr.plot.width = c(0.5, 100), repr.plot.height = c(0.5, 100), # as size_of in device.c
                    repr.plot.res = c(10, 1200), jupyter.plot_scale = c(0.01, 100))

# plot_option gives an option, or its default. Only jupyter.plot_scale may be NULL.
plot_option <- function(name) {
    default <- plot_defaults[[name]]
    value <- getOption(name, default)
    if (is.null(value)) return(NULL)
    if (is.character(default)) {
        good <- is.character(value) && length(value) && !anyNA(value)
        want <- "text"
    } else {
        limits <- plot_limits[[name]]
        if (is.null(limits)) limits <- c(0.5, 1e9)
        good <- is.numeric(value) && length(value) == 1L && is.finite(value) &&
            value >= limits[[1L]] && value <= limits[[2L]]
        want <- sprintf("a number from %g to %g", limits[[1L]], limits[[2L]])
    }
    if (!good) stop("option ", name, " must be ", want, ", not ", deparse(value, nlines = 1L), call. = FALSE)
    value
}

# The type argument of R's bitmap devices: cairo needs no X11 display.
bitmap_type <- function() {
    if (capabilities("cairo")) return("cairo")
    if (nzchar(Sys.getenv("DISPLAY")) && capabilities("X11")) return("Xlib")
    stop("this R cannot draw plots for a notebook: it was built without cairo and there is ",
         "no X11 display; install an R with cairo (capabilities(\"cairo\"))", call. = FALSE)
}

# open_device is what options(device) holds. Arguments given, as by
# dev.new(width = 10), fix the size; else the options decide page by page.
open_device <- function(width, height, pointsize, bg, ...) {
    fixed <- !missing(width) || !missing(height)
    if (missing(width)) width <- plot_option("repr.plot.width")
    if (missing(height)) height <- plot_option("repr.plot.height")
    if (missing(pointsize)) pointsize <- plot_option("repr.plot.pointsize")
    if (missing(bg)) bg <- plot_option("repr.plot.bg")
    res <- plot_option("repr.plot.res")
    # A device that is not ours yet would write what is drawn next into files.
    suspendInterrupts({
        others <- grDevices::dev.list()
        # The file is never written: the device draws nothing.
        grDevices::png("adrastea-page-%03d.png", width = width, height = height,
                       units = "in", res = res, pointsize = pointsize, bg = bg,
                       family = plot_option("repr.plot.family"),
                       type = bitmap_type(), antialias = plot_option("repr.plot.antialias"))
        if (identical(grDevices::dev.list(), others)) # png() only warns
            stop("R cannot load the library of its device png(type = \"cairo\"), and so cannot draw: ",
                 "are cairo and pango installed?", call. = FALSE)
        adopted <- FALSE
        on.exit(if (!adopted) grDevices::dev.off())
        .Call(.C_adopt, fixed)
        adopted <- TRUE
        grDevices::dev.control("enable")
        name_device()
    })
    invisible()
}

# name_device makes dev.list() show our name instead of "png".
name_device <- function() {
    base <- baseenv()
    devices <- base$.Devices
    devices[[grDevices::dev.cur()]] <- "adrastea"
    try({
        assign(".Devices", devices, envir = base)
        assign(".Device", "adrastea", envir = base)
    }, silent = TRUE)
}

plot_token <- NULL # tells the pages of this R process from those of others

plot_id <- function(page) {
    if (is.null(plot_token)) plot_token <<- sub("^plot", "", basename(tempfile("plot")))
    paste0("plot-", plot_token, "-", page)
}

# plot_nested says whether R runs code that it will record as a whole.
plot_nested <- function() {
    for (i in seq_len(sys.nframe()))
        if (identical(sys.function(i), grDevices::recordGraphics)) return(TRUE)
    FALSE
}

# plot_parameters gives what par() has and R forgets to record as a page begins.
plot_parameters <- function() graphics::par("lheight", "ylbias")

# plot_send is called by the device with a recorded page, while interrupts wait. It
# returns whether the page was shown, and NA when an interrupt ended it, which it
# may if the page is breakable.
plot_send <- function(snapshot, page, update, width, height, line_height, text_bias, breakable) {
    if (line_height > 0) attr(snapshot, "parameters") <- list(lheight = line_height, ylbias = text_bias)
    # Only the drawing itself: it leaves devices and sinks as they were.
    replay <- function(recording) {
        force(recording)
        if (breakable) allowInterrupts(grDevices::replayPlot(recording))
        else grDevices::replayPlot(recording)
    }
    tryCatch(plot_display(snapshot, page, update, width, height, replay), interrupt = function(e) NA, error = function(e) {
        message("the plot cannot be drawn: ", conditionMessage(e))
        FALSE
    })
}

plot_display <- function(snapshot, page, update, width, height, replay) {
    if (is.null(snapshot[[1L]]))
        stop("the display list of its device is off (see ?dev.control)", call. = FALSE)
    class(snapshot) <- "recordedplot"
    attr(snapshot, "pid") <- Sys.getpid()
    res <- plot_option("repr.plot.res")
    scale <- plot_option("jupyter.plot_scale")
    logical <- c(width, height) * if (is.null(scale)) 72 else res / scale
    parts <- list()
    metadata <- list()
    add <- function(mime) {
        data <- plot_data(snapshot, mime, width, height, res, replay)
        if (is.null(data)) return()
        parts <<- c(parts, mime, list(data))
        metadata[[mime]] <<- list(width = round(logical[[1L]]), height = round(logical[[2L]]))
        # Several SVG images in one page would share ids.
        if (mime == "image/svg+xml") metadata[[mime]]$isolated <<- TRUE
    }
    for (mime in plot_mimetypes()) add(mime)
    if (!length(parts)) add("image/png") # no form that is known, or an SVG too large
    if (!length(parts)) return(FALSE)
    text <- sprintf("[plot, %g x %g in]", width, height)
    send("display", c(if (update) "update" else "new", plot_id(page), json(metadata),
                        "text/plain", text, parts))
    TRUE
}

plot_mimetypes <- function() {
    intersect(plot_option("jupyter.plot_mimetypes"),
              c("image/png", "image/svg+xml", "image/jpeg", "application/pdf"))
}

# How a file that is whole ends: devices say nothing, or not enough, of a disk that is full.
plot_ends <- list("image/png" = as.raw(c(0xae, 0x42, 0x60, 0x82)), "image/jpeg" = as.raw(c(0xff, 0xd9)),
                  "image/svg+xml" = charToRaw("</svg>\n"), "application/pdf" = charToRaw("%%EOF\n"))

# plot_data draws a page; NULL for SVG that is too large to be sent, and where
# the recording begins no page, since the code that did has failed.
plot_data <- function(snapshot, mime, width, height, res, replay) {
    # Systems tidy up what nobody has used for days, the folder of a session too.
    file <- tempfile("adrastea-plot", tempdir(check = TRUE))
    on.exit(unlink(file))
    plot_draw(snapshot, mime, file, width, height, res, replay)
    size <- file.size(file)
    if (is.na(size)) return(NULL)
    if (mime == "image/svg+xml" && size > plot_option("adrastea.plot.max_svg")) return(NULL)
    data <- readBin(file, "raw", size)
    end <- plot_ends[[mime]]
    if (size < length(end) || !identical(data[seq.int(to = size, length.out = length(end))], end))
        stop("its file in ", tempdir(), " is not whole: is the disk full?", call. = FALSE)
    data
}

# plot_draw replays a page into a file and leaves the devices and the random
# numbers as they were.
plot_draw <- function(snapshot, mime, file, width, height, res, replay) {
    current <- grDevices::dev.cur()
    seed <- globalenv()$.Random.seed
    plot_open(mime, file, width, height, res)
    opened <- grDevices::dev.cur()
    on.exit({
        grDevices::dev.off(opened)
        if (current %in% grDevices::dev.list()) grDevices::dev.set(current)
        if (!identical(seed, globalenv()$.Random.seed)) {
            if (is.null(seed)) rm(".Random.seed", envir = globalenv())
            else assign(".Random.seed", seed, envir = globalenv())
        }
    })
    grDevices::dev.control("inhibit")
    # Drawing code of the user's, as methods for classes of grid, runs once more:
    # what it has to say was said when the page was recorded.
    sinks <- sink.number()
    silence <- file(nullfile(), "w")
    on.exit({
        while (sink.number() > sinks) sink()
        close(silence)
    }, add = TRUE)
    sink(silence)
    parameters <- attr(snapshot, "parameters")
    if (!is.null(parameters)) graphics::par(parameters)
    suppressWarnings(suppressMessages(replay(plot_ready(snapshot))))
}

# plot_ready readies the current device, a new one, for a recording, which it returns.
# R begins a replay with the parameters that base graphics had, but only plot.new()
# makes them valid, and R stops at the first step of base graphics that comes without.
# Of a page that grid has begun all after that would be lost.
plot_ready <- function(snapshot) {
    steps <- snapshot[[1L]]
    if (!length(steps) || plot_base_call(steps[[1L]]) == "C_plot_new") return(snapshot)
    calls <- vapply(steps, plot_base_call, "")
    settings <- calls %in% c("C_par", "C_layout") # grid does not heed them
    if (all(settings | calls == "")) {
        snapshot[1L] <- list(as.pairlist(steps[!settings]))
        return(snapshot)
    }
    graphics::par(mar = c(0, 0, 0, 0)) # a small page has no room for others
    .External2(getNamespace("graphics")$C_plot_new) # no hooks; a page that is drawn over
    parameters <- snapshot
    parameters[1L] <- list(NULL)
    grDevices::replayPlot(parameters)
    graphics::par(usr = graphics::par("usr")) # or R maps coordinates as for the page before
    snapshot
}

# plot_base_call returns which function of base graphics a step calls, or "".
plot_base_call <- function(step) {
    symbol <- step[[2L]][[1L]]
    if (inherits(symbol, "NativeSymbolInfo") && identical(symbol$dll[["name"]], "graphics"))
        symbol$name
    else ""
}

plot_open <- function(mime, file, width, height, res) {
    file <- gsub("%", "%%", file, fixed = TRUE) # a name of pages, by their numbers
    pointsize <- plot_option("repr.plot.pointsize")
    bg <- plot_option("repr.plot.bg")
    family <- plot_option("repr.plot.family")
    antialias <- plot_option("repr.plot.antialias")
    bitmap <- function(device, ...) {
        device(file, width = width, height = height, units = "in", res = res, bg = bg,
               pointsize = pointsize, family = family, type = bitmap_type(),
               antialias = antialias, ...)
        if (bitmap_type() == "cairo" && antialias != "none") .Call(.C_points)
    }
    switch(mime,
           "image/png" = bitmap(grDevices::png),
           "image/jpeg" = bitmap(grDevices::jpeg, quality = plot_option("repr.plot.quality")),
           "image/svg+xml" = grDevices::svg(file, width, height, pointsize, family = family,
                                            bg = bg, antialias = antialias),
           "application/pdf" = grDevices::cairo_pdf(file, width, height, pointsize,
                                                    onefile = FALSE, family = family,
                                                    bg = bg, antialias = antialias))
}
