# Help pages, listings and links. R hands them to a front end through the
# options pager, browser, viewer, pdfviewer and editor; ours turn them into
# messages every front end can show, and none of them waits for a terminal.

# pager takes what file.show is given: R's help pages as text, and the lists of
# data(), vignette(), help.search(), help(package = ), page().
pager <- function(files, header = rep("", length(files)), title = "R Information",
                  delete.file = FALSE, ...) {
    text <- mapply(function(file, head) {
        lines <- tryCatch(lines_of(file),
                          error = function(e) paste("cannot read", sQuote(file, FALSE)))
        c(if (nzchar(head)) c(head, ""), lines)
    }, files, header, SIMPLIFY = FALSE)
    if (isTRUE(delete.file)) unlink(files)
    text <- paste(plain(unlist(text, use.names = FALSE)), collapse = "\n")
    page(text, help_shown())
    invisible()
}

# lines_of reads a text file, in UTF-8 or in what options(encoding = ) says that
# files are in.
lines_of <- function(path) {
    con <- file(path, encoding = "native.enc")
    on.exit(close(con))
    lines <- readLines(con, warn = FALSE, encoding = "UTF-8")
    bad <- !validUTF8(lines)
    from <- getOption("encoding")
    if (any(bad) && !identical(from, "native.enc"))
        lines[bad] <- byte_escapes(iconv(lines[bad], from, "UTF-8", sub = "byte"))
    lines
}

# page sends a page: text, and the same as HTML when there is such a form.
page <- function(text, html = NULL) {
    send("page", c("0", "text/plain", utf8(text), if (!is.null(html)) c("text/html", utf8(html))))
}

# plain removes the overstrikes by which R underlines on a terminal.
plain <- function(lines) gsub(".\b", "", utf8(lines))

# help_shown gives the HTML of the help page that print is just showing, or
# NULL: R formats help as text before it calls the pager.
help_shown <- function() {
    file <- help_page()
    if (!is.null(file)) help_html(file)
}

# help_page gives the path of the help page that print is just showing, or is going
# to show if its user does not choose another one: its frame knows it.
help_page <- function() {
    if (!isNamespaceLoaded("utils")) return(NULL)
    printer <- asNamespace("utils")$print.help_files_with_topic
    for (i in rev(seq_len(sys.nframe()))) {
        if (!identical(sys.function(i), printer)) next
        file <- sys.frame(i)$file
        if (is.character(file) && length(file) == 1L) return(file)
    }
    NULL
}

# help_html formats the Rd page behind a path that help() returned. Links go
# nowhere in a notebook, so there are none.
help_html <- function(path) {
    tryCatch(html_body(paste(help_lines(path, tools::Rd2HTML, stylesheet = ""), collapse = "\n")),
             error = function(e) NULL)
}

help_text <- function(path) {
    tryCatch({
        paste(plain(help_lines(path, tools::Rd2txt)), collapse = "\n")
    }, error = function(e) NULL)
}

# help_lines has a function of tools format an Rd page. What options(encoding = ) says
# is about the user's files.
help_lines <- function(path, format, ...) {
    rd <- asNamespace("utils")$.getHelpFile(path)
    file <- tempfile("adrastea-help")
    users <- options("encoding")
    on.exit({
        options(users)
        unlink(file)
    })
    options(encoding = "native.enc")
    suppressWarnings(format(rd, out = file, package = help_package(path), ...))
    lines_of(file)
}

help_package <- function(path) basename(dirname(dirname(path)))

# html_body cuts the body out of a document, without scripts and without links
# and images in R's own file tree. Cells of its tables stand to the left, as they do
# in a browser; front ends set them to the right.
html_body <- function(doc) {
    doc <- sub("(?is)^.*<body[^>]*>", "", doc, perl = TRUE)
    doc <- sub("(?is)</body>.*$", "", doc, perl = TRUE)
    doc <- gsub("(?is)<scr[iI]pt\\b.*?</scr[iI]pt>", "", doc, perl = TRUE)
    doc <- gsub("(?is)<a\\s+href=[\"'](?!https?:|mailto:|#)[^>]*>(.*?)</a>", "\\1", doc,
                perl = TRUE)
    doc <- gsub("(?is)<[iI]mg\\b[^>]*\\bsrc=[\"'](?!https?:|data:)[^>]*>", "", doc, perl = TRUE)
    doc <- gsub("<td>", "<td style=\"text-align:left\">", doc, fixed = TRUE)
    trimws(doc)
}

# html_text is a plain rendering of a document, for front ends without HTML.
html_text <- function(doc) {
    doc <- gsub("(?is)<(scr[iI]pt|style|head|t[iI]tle)\\b.*?</\\1>", "", doc, perl = TRUE)
    doc <- gsub("(?i)<(br|/p|/d[iI]v|/h[1-6]|/l[iI]|/tr|/pre)\\b[^>]*>", "\n", doc, perl = TRUE)
    doc <- gsub("(?i)<l[iI]\\b[^>]*>\\s*", "  * ", doc, perl = TRUE)
    doc <- gsub("(?i)<td\\b[^>]*>", "\t", doc, perl = TRUE)
    doc <- gsub("<[^>]*>", "", doc)
    for (e in unique(regmatches(doc, gregexpr("&#([0-9]+|[Xx][0-9A-Fa-f]+);", doc))[[1L]])) {
        digits <- substr(e, 3L, nchar(e) - 1L)
        hex <- grepl("^[Xx]", digits)
        char <- intToUtf8(strtoi(sub("^[Xx]", "", digits), if (hex) 16L else 10L))
        if (!is.na(char)) doc <- gsub(e, char, doc, fixed = TRUE)
    }
    for (name in names(html_entities))
        doc <- gsub(paste0("&", name, ";"), html_entities[[name]], doc, fixed = TRUE)
    trimws(gsub("\n[[:space:]]*\n+", "\n\n", doc))
}

# What R and pandoc write for some characters; "amp" comes last, since of what it makes
# nothing is to be made.
html_entities <- c(lt = "<", gt = ">", quot = "\"", nbsp = " ", lsquo = "\u2018", rsquo = "\u2019",
                   ldquo = "\u201c", rdquo = "\u201d", ndash = "\u2013", mdash = "\u2014",
                   hellip = "\u2026", amp = "&")

# browser takes what browseURL is given. Pages of R's own help server and HTML
# files on this machine are shown, since the reader's browser may be on another
# one; those that are nothing without their scripts, as a profile of profvis, where
# the viewer shows such. Anything else is a link.
browser <- function(url, ...) {
    doc <- tryCatch(help_server(url), error = function(e) NULL)
    if (is.null(doc)) doc <- local_html(url)
    scripted <- "<scr[iI]pt\\b[^>]*\\bsrc=\"[^\":]+\"|\\bhtml-widget\\b"
    if (nzchar(local_path(url)) && any(grepl(scripted, doc, ignore.case = TRUE, perl = TRUE)))
        return(viewer(url))
    if (!is.null(doc)) page(html_text(doc), html_body(doc))
    else send("display", c("new", "", "{}", "text/plain", utf8(url), "text/html",
                             sprintf("<a href=\"%1$s\" target=\"_blank\">%1$s</a>", html(url))))
    invisible()
}

# local_path is the file behind a path or a file: URL, or "".
local_path <- function(url) {
    if (grepl("^[A-Za-z][A-Za-z0-9+.-]+:", url) && !grepl("^file:", url)) return("")
    path <- utils::URLdecode(sub("^file:(//)?", "", sub("[?#].*$", "", url)))
    if (file.exists(path) && !dir.exists(path)) normalizePath(path) else ""
}

local_html <- function(url) {
    path <- local_path(url)
    if (!nzchar(path) || !grepl("\\.html?$", path, ignore.case = TRUE) || file.size(path) > 2^23)
        return(NULL)
    paste(utf8(lines_of(path)), collapse = "\n")
}

# help_server asks R's help server within this process, for URLs that are its.
help_server <- function(url) {
    if (!isNamespaceLoaded("tools")) return(NULL)
    tools <- asNamespace("tools")
    port <- tools$httpdPort()
    prefix <- sprintf("^http://(127\\.0\\.0\\.1|localhost):%d(?=/)", as.integer(port))
    if (is.na(port) || port <= 0L) return(NULL)
    for (i in 1:5) { # the server redirects between its pages
        if (!grepl(prefix, url, perl = TRUE)) return(NULL)
        rest <- sub("#.*$", "", sub(prefix, "", url, perl = TRUE))
        path <- utils::URLdecode(sub("\\?.*$", "", rest))
        query <- if (grepl("?", rest, fixed = TRUE)) help_query(sub("^[^?]*\\?", "", rest))
        answer <- tools$httpd(path, query)
        location <- grep("^Location: ", unlist(answer$header), value = TRUE)
        if (!length(location)) break
        url <- help_target(sub("^Location: *", "", location[[1L]]), url)
    }
    if (is.character(answer$file)) local_html(answer$file)
    else if (is.character(answer$payload)) answer$payload
    else if (is.character(answer[[1L]]) && is.null(names(answer))) answer[[1L]]
}

# help_target is where the page at url sends its reader, which it may say relative to
# itself.
help_target <- function(target, url) {
    if (grepl("^[a-z]+:", target)) return(target)
    target <- paste0(sub("[^/]*$", "", sub("[?#].*$", "", url)), target)
    while (target != (shorter <- sub("/[^/]+/\\.\\./", "/", target))) target <- shorter
    target
}

help_query <- function(text) {
    pairs <- strsplit(strsplit(text, "&", fixed = TRUE)[[1L]], "=", fixed = TRUE)
    values <- vapply(pairs, function(p) utils::URLdecode(if (length(p) > 1L) p[[2L]] else ""), "")
    names(values) <- vapply(pairs, function(p) p[[1L]], "")
    values
}

# editor is what options(editor) holds: one on a terminal would hang. The files of
# file.edit() are shown, and can be opened in the front end; of edit(), which gives a
# name too, R wants what the user made of the value.
editor <- function(name, file = "", title = "", ...) {
    if (!missing(name))
        stop("a notebook has no editor; set options(editor = ) to one that opens its own window",
             call. = FALSE)
    message("a notebook has no editor; to edit the file, open it in the front end: ",
            paste(file, collapse = ", "))
    text <- which(file.size(file) > 0 & !dir.exists(file))
    if (length(text)) pager(file[text], if (length(text) > 1L) title[text] else "")
    invisible()
}

# run_editor runs an editor that is a program, for R, and returns what went wrong, or
# NULL. One that needs a terminal would wait for ever for what nobody can type: it is
# given nothing to read from, and files to write to, and then ends at once. What it
# wrote is told only if it failed.
run_editor <- function(file) {
    name <- as.character(get("editor", sys.frame(sys.nframe() - 1L), inherits = FALSE))[1L]
    program <- if (startsWith(name, "\"")) name else shQuote(name) # as R quotes it
    log <- tempfile("editor")
    on.exit(unlink(log))
    command <- paste(program, shQuote(path.expand(file)), "</dev/null >", shQuote(log), "2>&1")
    status <- suppressWarnings(system(command))
    if (status == 0L) return(NULL)
    Sys.sleep(0) # where R looks for the interrupt that may have ended it
    said <- lines_of(log)
    said <- said[nzchar(said) & !grepl("[[:cntrl:]]", said, useBytes = TRUE)]
    paste(c(paste0("the editor ", name, " ended with status ", status,
                   "; one that needs a terminal has none here: ",
                   "set options(editor = ) to one that opens its own window"),
            said[seq_len(min(3L, length(said)))]), collapse = "\n")
}

# pdf_viewer is a program, the only form options(pdfviewer) takes: it prints
# where the file is.
pdf_viewer <- function() {
    file <- file.path(tempdir(), "adrastea-pdfviewer")
    writeLines(c("#!/bin/sh", "printf 'PDF file: %s\\n' \"$1\""), file)
    Sys.chmod(file, "0700")
    file
}

# View_table replaces utils::View, which opens an X11 window.
View_table <- function(x, title) {
    if (missing(title)) title <- paste("Data:", deparse(substitute(x))[1L])
    if (!is_table(x)) x <- as.data.frame(x)
    size <- table_dim(x)
    text <- c(sprintf("%s (%s rows, %s columns)", title, size[[1L]], size[[2L]]),
              utils::capture.output(print(utils::head(x, 10L))))
    send("display", c("new", "", "{}", "text/plain", utf8(paste(text, collapse = "\n")),
                        "text/html", table_html(x, title)))
    invisible()
}
