# Rich forms of values, and the functions that IRdisplay and packages written
# for IRkernel call.

# rich gives the forms a visible value has besides its text: a list of MIME
# types and data, with the metadata last, or NULL.
rich <- function(value) {
    if (identical(getOption("jupyter.rich_display"), FALSE)) return(NULL)
    forms <- rich_object(value)
    if (is.null(forms) && is_table(value) && !prints_itself(value)) forms <- table_forms(value)
    if (is.null(forms)) return(NULL)
    c(forms, list(json(isolated(forms))))
}

rich_object <- function(value) {
    if (!is.object(value)) return(NULL)
    if (inherits(value, c("shiny.tag", "shiny.tag.list", "html"))) return(rich_tags(value))
    if (inherits(value, "knit_image_paths")) return(rich_images(value))
    forms <- rich_repr(value)
    if (is.null(forms)) forms <- rich_knit(value)
    forms
}

# isolated marks whole HTML documents, as IRdisplay does: front ends put them
# into a frame of their own.
isolated <- function(forms) {
    at <- match("text/html", forms)
    if (is.na(at) || !grepl("<html[ >]", forms[[at + 1L]], ignore.case = TRUE)) return(NULL)
    list("text/html" = list(isolated = TRUE))
}

# rich_tags: HTML made by htmltools, with the files it depends on inside.
rich_tags <- function(value) {
    if (inherits(value, "html") && is.character(value))
        return(list("text/html", paste(utf8(unclass(value)), collapse = "\n")))
    if (!isNamespaceLoaded("htmltools")) return(NULL)
    tools <- asNamespace("htmltools")
    if (isTRUE(tools$is.browsable(value))) return(NULL) # print has shown it through the viewer
    if (!length(tools$findDependencies(value)))
        return(list("text/html", utf8(as.character(value))))
    file <- tools$html_print(value, viewer = NULL)
    list("text/html", frame(self_contained(file)))
}

# method_for gives the first method of a generic that was written for a class of
# the value; not one for the default, or for such classes as are excepted. Functions that
# users name so count everywhere, and where the generic's package is loaded its methods.
method_for <- function(generic, package, value, except = c("data.frame", "list", "function")) {
    classes <- setdiff(class(value), c(except, "default"))
    loaded <- isNamespaceLoaded(package) && isNamespaceLoaded("utils")
    for (class in classes) {
        method <- get0(paste0(generic, ".", class), globalenv(), mode = "function")
        if (is.null(method) && loaded)
            method <- utils::getS3method(generic, class, optional = TRUE, envir = asNamespace(package))
        if (is.function(method)) return(method)
    }
    NULL
}

repr_generics <- c("text/html" = "repr_html", "text/markdown" = "repr_markdown",
                   "text/latex" = "repr_latex", "image/svg+xml" = "repr_svg",
                   "image/png" = "repr_png", "image/jpeg" = "repr_jpg",
                   "application/pdf" = "repr_pdf", "application/json" = "repr_json",
                   "application/javascript" = "repr_javascript",
                   "application/geo+json" = "repr_geojson",
                   "application/vnd.vegalite.v2+json" = "repr_vegalite2",
                   "application/vnd.vegalite.v3+json" = "repr_vegalite3",
                   "application/vnd.vegalite.v4+json" = "repr_vegalite4",
                   "application/vnd.vega.v4+json" = "repr_vega4",
                   "application/vnd.vega.v5+json" = "repr_vega5",
                   "application/vnd.plotly.v1+json" = "repr_plotly1",
                   "application/vdom.v1+json" = "repr_vdom1")

# rich_repr uses the methods of repr's generics that were written for the class of
# the value; what repr itself does with vectors, frames and functions is not R's print.
rich_repr <- function(value) {
    forms <- list()
    for (mime in names(repr_generics)) {
        method <- method_for(repr_generics[[mime]], "repr", value, except = NULL)
        if (is.null(method) || environmentName(topenv(environment(method))) == "repr") next
        data <- tryCatch({
            data <- method(value)
            if (!is.null(data)) form_data(data)
        }, error = function(e) failed(repr_generics[[mime]], e))
        if (!is.null(data)) forms <- c(forms, mime, list(data))
    }
    if (length(forms)) forms
}

# failed says below the value why it has not the form that its class has a method for.
failed <- function(generic, e) {
    text <- paste0(generic, "() of this value failed: ", conditionMessage(e), "\n")
    .Call(.C_afterwards, utf8(text))
    NULL
}

# rich_knit uses a method of knitr's knit_print written for the class.
rich_knit <- function(value) {
    method <- method_for("knit_print", "knitr", value)
    if (is.null(method)) return(NULL)
    out <- method(value, options = list())
    if (inherits(out, "knit_image_paths")) return(rich_images(out))
    if (!inherits(out, "knit_asis")) return(NULL)
    text <- utf8(paste(unclass(out), collapse = "\n"))
    list(if (grepl("^[[:space:]]*<", text)) "text/html" else "text/markdown", text)
}

# rich_images: what knitr's include_graphics() returns, the paths or URLs of pictures.
rich_images <- function(paths) {
    paths <- as.character(paths)
    if (!all(grepl("\\.(png|jpe?g|g[iI]f|svg|webp)$", paths, ignore.case = TRUE))) return(NULL)
    here <- file.exists(paths)
    paths[here] <- vapply(paths[here], data_uri, "")
    images <- paste0("<img src=\"", html(paths), "\" style=\"max-width:100%\">")
    list("text/html", paste(images, collapse = "\n"))
}

# display_bundle is options(jupyter.base_display_func): data and metadata are
# named lists by MIME type. What has a display_id can be replaced later, by a call
# with the same id and update = TRUE.
display_bundle <- function(data, metadata = NULL, display_id = NULL, update = FALSE) {
    if (!is.null(display_id) && (!is.character(display_id) || length(display_id) != 1L ||
                                 is.na(display_id) || !nzchar(display_id)))
        stop("a display_id is one string", call. = FALSE)
    if (isTRUE(update) && is.null(display_id))
        stop("update = TRUE needs the display_id of what it replaces", call. = FALSE)
    data <- Filter(Negate(is.null), as.list(data))
    if (!length(data)) return(invisible(TRUE))
    if (is.null(names(data)) || !all(grepl("^[^/ ]+/[^/ ]+$", names(data))))
        stop("display data must be a list named by MIME types, such as text/html", call. = FALSE)
    parts <- list()
    for (mime in names(data)) parts <- c(parts, mime, list(form_data(data[[mime]])))
    mode <- if (isTRUE(update)) "update" else "new"
    send("display", c(mode, if (is.null(display_id)) "" else display_id, json(metadata), parts))
    invisible(TRUE)
}

# form_data is what is sent of a form: bytes, text, or what is JSON.
form_data <- function(value) {
    if (is.raw(value)) value
    else if (is.character(value)) utf8(paste(value, collapse = "\n"))
    else json(value)
}

# clear_output is options(jupyter.clear_output_func).
clear_output <- function(wait = TRUE) {
    send("clear", if (isTRUE(wait)) "TRUE" else "FALSE")
    invisible()
}

# viewer is options(viewer): htmlwidgets, gt and others write a page with its
# scripts beside it and pass its path.
viewer <- function(url, height = NULL, ...) {
    path <- local_path(url)
    if (!nzchar(path)) return(browser(url))
    doc <- self_contained(path)
    send("display", c("new", "", "{}", "text/plain", paste0("[page ", basename(path), "]"),
                        "text/html", frame(doc, height)))
    invisible()
}

# frame puts a document into a frame, where its scripts and styles meet no other.
# Without a height the frame takes that of its content.
frame <- function(doc, height = NULL) {
    given <- is.numeric(height) && length(height) == 1L && is.finite(height) && height > 0
    if (!given) {
        height <- 420
        doc <- paste0(doc, fit_script)
    }
    sprintf(paste0("<iframe srcdoc=\"%s\" style=\"width:100%%;height:%.0fpx;border:0\" ",
                   "allowfullscreen></iframe>"), html(doc), height)
}

# A document that is higher than its frame makes it higher, up to a limit; a low
# one makes it lower, but for one that fills whatever frame it gets: its own height
# is next to nothing. Scripts of the document draw at any time; what depends on the
# height of the frame must not make it grow for ever.
fit_script <- "<script>
(function () {
  var tries = [0, 100, 500, 2000];
  function fit() {
    try {
      var frame = window.frameElement, root = document.documentElement;
      var own = Math.ceil(root.getBoundingClientRect().height);
      var bar = root.scrollWidth > root.clientWidth ? 17 : 0;
      var want = root.scrollHeight;
      if (want <= root.clientHeight && own > 40) want = Math.min(own, want);
      frame.style.height = Math.min(want + bar, 1200) + 'px';
    } catch (e) {}
  }
  window.addEventListener('load', function () {
    tries.forEach(function (after) { setTimeout(fit, after); });
  });
})();
</script>"

# self_contained reads an HTML file and puts the local scripts, styles and images
# it refers to into it. Its patterns have [iI], since in Turkish I is not the capital i.
self_contained <- function(file) {
    doc <- paste(utf8(lines_of(file)), collapse = "\n")
    dir <- dirname(file)
    script <- "(?is)<scr[iI]pt\\b[^>]*\\bsrc=\"([^\"]*)\"[^>]*>\\s*</scr[iI]pt>"
    doc <- inline(doc, script, dir, function(path, ...) {
        # The text of a script ends at the first </script, also inside a string.
        text <- gsub("</(scr[iI]pt)", "<\\\\/\\1", file_text(path), ignore.case = TRUE)
        paste0("<script>", text, "</script>")
    })
    doc <- inline(doc, "(?is)<l[iI]nk\\b[^>]*\\bhref=\"([^\"]*)\"[^>]*>", dir, function(path, ...) {
        if (!grepl("\\.css$", path)) return(NULL)
        paste0("<style>", css_inline(file_text(path), dirname(path)), "</style>")
    })
    inline(doc, "(?is)<[iI]mg\\b[^>]*\\bsrc=\"([^\"]*)\"[^>]*>", dir, function(path, tag, ref) {
        sub(ref, data_uri(path), tag, fixed = TRUE)
    })
}

# inline replaces each match whose first group names a file in dir by what
# replacement makes of the path, the match and the group; NULL leaves it.
inline <- function(doc, pattern, dir, replacement) {
    repeat_at <- gregexpr(pattern, doc, perl = TRUE)[[1L]]
    if (repeat_at[[1L]] < 0L) return(doc)
    starts <- as.integer(repeat_at)
    ends <- starts + attr(repeat_at, "match.length") - 1L
    group <- attr(repeat_at, "capture.start")[, 1L]
    group_end <- group + attr(repeat_at, "capture.length")[, 1L] - 1L
    out <- character()
    at <- 1L
    for (i in seq_along(starts)) {
        tag <- substr(doc, starts[[i]], ends[[i]])
        ref <- substr(doc, group[[i]], group_end[[i]])
        path <- file.path(dir, utils::URLdecode(sub("[?#].*$", "", ref)))
        new <- if (nzchar(ref) && file.exists(path) && !dir.exists(path)) {
            replacement(path, tag, ref)
        }
        out <- c(out, substr(doc, at, starts[[i]] - 1L), if (is.null(new)) tag else new)
        at <- ends[[i]] + 1L
    }
    paste0(c(out, substr(doc, at, nchar(doc))), collapse = "")
}

css_inline <- function(css, dir) {
    inline(css, "url\\([\"']?([^)\"'?#]+)[^)]*\\)", dir, function(path, ...) {
        if (file.size(path) > 2^19) return(NULL)
        paste0("url(", data_uri(path), ")")
    })
}

file_text <- function(path) {
    bytes <- readBin(path, "raw", file.size(path))
    text <- rawToChar(bytes[bytes != 0])
    Encoding(text) <- "UTF-8"
    utf8(text)
}

data_uri <- function(path) {
    types <- c(png = "image/png", jpg = "image/jpeg", jpeg = "image/jpeg", gif = "image/gif",
               svg = "image/svg+xml", webp = "image/webp", woff = "font/woff",
               woff2 = "font/woff2", ttf = "font/ttf")
    type <- types[tolower(chartr("I", "i", sub("^.*\\.", "", path)))]
    if (is.na(type)) type <- "application/octet-stream"
    paste0("data:", type, ";base64,", base64(readBin(path, "raw", file.size(path))))
}

base64 <- function(bytes) {
    n <- length(bytes)
    alphabet <- c(LETTERS, letters, 0:9, "+", "/")
    b <- c(as.integer(bytes), integer(-n %% 3L))
    b <- matrix(b, nrow = 3L)
    out <- rbind(b[1L, ] %/% 4L, b[1L, ] %% 4L * 16L + b[2L, ] %/% 16L,
                 b[2L, ] %% 16L * 4L + b[3L, ] %/% 64L, b[3L, ] %% 64L)
    out <- alphabet[out + 1L]
    pad <- -n %% 3L
    if (pad) out[length(out) - seq_len(pad) + 1L] <- "="
    paste0(out, collapse = "")
}

# evaluate is for user_expressions: forms_of the value of an expression.
evaluate <- function(expression)
    forms_of(eval(parse(text = expression, keep.source = FALSE), globalenv()))

# forms_of gives "ok" with MIME types and text that represent a value, or "error" with
# class and message.
forms_of <- function(value) {
    tryCatch({
        force(value) # what it prints is no text of the value
        forms <- c("text/plain", paste(printed(value), collapse = "\n"))
        rich <- rich(value)
        for (i in seq_len(length(rich) %/% 2L))
            if (is.character(rich[[2L * i]])) forms <- c(forms, rich[[2L * i - 1L]], rich[[2L * i]])
        c("ok", utf8(forms))
    }, error = function(e) c("error", class(e)[[1L]], utf8(conditionMessage(e))))
}

# printed gives the lines that print writes.
printed <- function(value) {
    lines <- character()
    breakable <- !.Internal(interruptsSuspended())
    suspendInterrupts({ # an interrupt might leave the sink
        out <- textConnection("lines", "w", local = TRUE)
        sink(out)
        tryCatch(if (breakable) allowInterrupts(print(value)) else print(value), finally = {
            sink()
            close(out)
        })
    })
    lines
}
