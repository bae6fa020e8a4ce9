# What the R process itself needs: events, passwords, and reports on errors.
# These functions live in an environment of their own, which is not on R's search
# path. They use base R only.

# .start runs once, after R's own start.
.start <- function() {
    options(askpass = .password)
    .know_printers()
    if (exists("start", envir = .self, inherits = FALSE)) {
        result <- .run("start", list())
        if (!result[[1L]]) .event("log", list(paste("start:", result[[2L]])))
    }
    NULL
}

# .know_printers tells which functions print by C code of R's own, first the one that
# writes lines in pieces, and by itself how to know that one of them runs. The value is
# whether that is known.
.know_printers <- function()
    .Call(.C_printers, .know_printers, list(print.default, print.function, cat, writeLines, dput, prmatrix))

# .event sends an event to the kernel and waits until it has acted on it.
.event <- function(kind, parts = list()) invisible(.Call(.C_event, kind, as.list(parts)))

# .password asks the user, who types unseen; askpass::askpass and others use it.
.password <- function(prompt = "Password: ", ...) .Call(.C_password, as.character(prompt)[1L])

# .default_answer gives, where the user cannot be asked, the answer to a question that
# need not be answered, and what to say of it: graphics ask for Return before the next
# page, after par(ask = ) or devAskNewPage(), and help which of several pages to show.
.default_answer <- function(prompt) {
    if (identical(prompt, .r_text("Hit <Return> to see next plot: "))) c("", "")
    else if (!is.null(help_page()))
        c("0", "help: the front end does not allow input; showing the first\n")
}

# .run calls a function of this environment: nothing it does reaches the user, whose
# last error it was not. The value is list(TRUE, value) or list(FALSE, message).
.run <- function(name, args) {
    f <- get(name, envir = .self, mode = "function", inherits = FALSE)
    .same_error(tryCatch(
        withCallingHandlers(list(TRUE, do.call(f, args, quote = TRUE)),
                            warning = function(w) tryInvokeRestart("muffleWarning"),
                            message = function(m) tryInvokeRestart("muffleMessage")),
        error = function(e) list(FALSE, conditionMessage(e)),
        interrupt = function(i) list(FALSE, "interrupted")))
}

# .same_error evaluates expr, and the user's last error stays the last: to R, one that is
# caught is one too.
.same_error <- function(expr) {
    last <- geterrmessage()
    on.exit(.Internal(seterrmessage(last)))
    expr
}

# .run_strings is .run for the kernel: strings in, strings out, led by "1" or "0".
.run_strings <- function(name, args) {
    result <- tryCatch(.run(name, as.list(args)),
                       error = function(e) list(FALSE, conditionMessage(e)))
    c(if (result[[1L]]) "1" else "0", enc2utf8(as.character(result[[2L]])))
}

# .run_message calls a function that ends in one of the user's, with texts and a
# list of raw vectors: what that does reaches the user.
.run_message <- function(name, texts, parts) {
    f <- get(name, envir = .self, mode = "function", inherits = FALSE)
    tryCatch(c("1", enc2utf8(as.character(f(texts, parts)))),
             error = function(e) c("0", enc2utf8(conditionMessage(e))))
}

.self <- environment()

# .callbacks is a call of C code that names the task callbacks there are. It is evaluated
# for every cell with a value, and quickly, without a function of R's.
.callbacks <- body(base::getTaskCallbackNames)

# .cause says, called while an error is on its way to the prompt, who raised it:
# "stop" with the message and class of its condition, and what to show of it if R
# shows nothing; "abort" for the restart of this name, "print" if cat() is only quoting
# an error, "edit" if none has: edit() has read a file.
.cause <- function() {
    n <- sys.nframe() - 1L
    if (n < 1L) return("")
    f <- sys.function(n)
    if (identical(f, base::stop)) {
        frame <- sys.frame(n)
        if (!exists("cond", frame, inherits = FALSE)) return("")
        message <- utf8(frame$message)[1L]
        if (grepl("^(\n|$)", message) || inherits(frame$cond, "duplicate_condition"))
            .hidden(n, frame$cond, message)
        else c("stop", message, class(frame$cond)[1L], "")
    }
    else if (identical(f, base::cat)) if (.quotes(sys.frame(n))) "print" else ""
    else if (identical(f, base::invokeRestart)) "abort"
    else if (isNamespaceLoaded("utils") && identical(f, asNamespace("utils")$edit.default)) "edit"
    else ""
}

# .quotes says of the frame of a cat() that it writes on stderr, as that in try() does:
# it has what it writes. An error in one of its arguments is one.
.quotes <- function(frame) {
    for (name in c("file", "..."))
        if (.Call(.C_promise, frame, name) == "promise") return(FALSE)
    identical(as.integer(get("file", frame, inherits = FALSE)), 2L)
}

# .hidden is .cause for an error without a message, or with the rest of one. So end
# functions that have shown the error themselves: cond, of stop(), the n-th frame, is
# what is left of their condition.
.hidden <- function(n, cond, message) {
    up <- sys.parents()[n]
    cnd <- if (up > 0L) .own_condition(sys.frame(up))
    if (is.null(cnd)) return(c("stop", message, class(cond)[1L], ""))
    cond$message <- cnd$message
    class(cond) <- class(cnd)
    # From there R finds the user's methods too.
    say <- as.call(list(conditionMessage, cond))
    message <- tryCatch({
        said <- allowInterrupts(eval(say, .BaseNamespaceEnv))
        paste(as.character(said), collapse = "\n")
    }, error = function(e) message, interrupt = function(i) message)
    call <- conditionCall(cond)
    start <- if (is.call(call)) paste0("Error in ", deparse(call, nlines = 1L)[1L], " : ") else "Error: "
    utf8(c("stop", message, class(cond)[1L], paste0(start, message, "\n")))
}

# .shows says, called while R prints, that a function shows an error in place of R,
# or has shown it and ended: it holds the condition, and its last word is stop().
.shows <- function() {
    n <- sys.nframe() - 1L
    if (n < 2L) return(NULL)
    f <- sys.function(n)
    if (!identical(f, base::cat) && !identical(f, base::writeLines) && !identical(f, base::stop))
        return(NULL)
    for (k in seq.int(n - 1L, max(1L, n - 3L)))
        if (.ends_in_stop(sys.function(k)) &&
            inherits(.own_condition(sys.frame(k)), "error")) return("yes")
    NULL
}

# .own_condition is the condition that a function which shows its error itself has in
# its frame, or NULL: cnd, in rlang's and renv's abort(); cond, in the throw() of callr,
# processx and cli, who take its class away at the end, but have kept it for the user.
.own_condition <- function(frame) {
    cnd <- get0("cnd", frame, inherits = FALSE)
    if (inherits(cnd, "condition")) return(cnd)
    cond <- get0("cond", frame, inherits = FALSE)
    if (inherits(cond, "rlib_error")) return(cond)
    if (!inherits(cond, "duplicate_condition") || !"org:r-lib" %in% search()) return(NULL)
    cnd <- get0(".Last.error", as.environment("org:r-lib"), inherits = FALSE)
    if (inherits(cnd, "condition")) cnd
}

.ends_in_stop <- function(f) {
    last <- body(f)
    if (is.call(last) && identical(last[[1L]], quote(`{`))) last <- last[[length(last)]]
    is.call(last) && (identical(last[[1L]], quote(stop)) ||
                      identical(last[[1L]], quote(base::stop)))
}

# .report gives class, message and the lines of the traceback of the last error.
# text is what R printed; message and class are from .cause, or empty.
.report <- function(text, message, class) {
    if (!nzchar(class)) class <- "simpleError"
    if (!nzchar(message)) message <- .message(text)
    # Source references can be anything. An error here would call the user's handler.
    c(class, message, tryCatch(.traceback_lines(class), error = function(e) character()))
}

# .r_text is R's own translation of a text of its C code.
.r_text <- function(text) {
    if ("trim" %in% names(formals(gettext))) gettext(text, domain = "R", trim = FALSE)
    else gettext(text, domain = "R")
}

# .message takes R's introduction, in whatever language, from the text of an error.
.message <- function(text) {
    text <- sub("\n$", "", utf8(text))
    plain <- .r_text("Error: ")
    if (startsWith(text, plain)) return(substring(text, nchar(plain) + 1L))
    for (form in c("Error in %s (from %s) : ", "Error in %s : ")) {
        parts <- strsplit(.r_text(form), "%s", fixed = TRUE)[[1L]] # the first may be empty
        if (!startsWith(text, parts[1L])) next
        rest <- substring(text, nchar(parts[1L]) + 1L)
        for (part in parts[-1L]) {
            # A call ends at the first such text outside quotes.
            at <- .outside_quotes(rest, part)
            if (at < 0L) break
            rest <- substring(rest, at + nchar(part))
        }
        if (at > 0L) return(sub("^\n  ", "", rest))
    }
    text
}

# .outside_quotes gives the place of the first such text outside quotes, or -1. What
# R quotes in a call can hold the other quotes.
.outside_quotes <- function(text, what) {
    quoted <- "\"(\\\\.|[^\"\\\\])*\"|'(\\\\.|[^'\\\\])*'|`(\\\\.|[^`\\\\])*`"
    for (at in gregexpr(what, text, fixed = TRUE)[[1L]])
        if (at < 0L || !grepl("[\"'`]", gsub(quoted, "", substring(text, 1L, at - 1L)))) return(at)
    -1L
}

# .traceback_lines is what traceback() prints, for calls inside calls. Of a condition that
# C++ or Java has built into a call of stop() it shows the class, not all its parts.
.traceback_lines <- function(class) {
    calls <- as.list(get0(".Traceback", baseenv()))
    n <- length(calls)
    if (n < 2L) return(character())
    lines <- character()
    shown <- seq_len(n)
    if (n > 40L) shown <- c(1:20, (n - 19L):n) # of an endless recursion, its ends
    # Of all calls R would need the square of the time, seconds for the depth R 4.4 allows.
    texts <- .traceback(calls[shown], max.lines = 12L)
    for (k in seq_along(shown)) {
        i <- shown[[k]]
        if (n > 40L && i == n - 19L)
            lines <- c(lines, paste0("... ", n - 40L, " more; traceback() shows all"))
        call <- texts[[k]]
        label <- paste0(n - i + 1L, ": ")
        place <- ""
        ref <- attr(call, "srcref")
        if (!is.null(ref)) {
            file <- attr(ref, "srcfile")
            name <- if (is.null(file$cell)) basename(file$filename) # see debug_cell
            place <- paste0(" at ", name, "#", ref[1L])
        }
        m <- length(call)
        text <- as.character(call)
        if (i == 1L && is.null(ref) && startsWith(text[1L], "stop(structure(list(message = ")) {
            text <- paste0("stop(<", class, ">)")
            m <- 1L
        }
        text[m] <- paste0(text[m], place)
        pad <- strrep(" ", nchar(label))
        lines <- c(lines, paste0(c(label, rep(pad, m - 1L)), text))
    }
    lines <- enc2utf8(lines)
    # A string is one line of a call, however long it is.
    long <- validUTF8(lines) & nchar(lines, "bytes") > 1000L
    lines[long] <- paste0(substr(lines[long], 1L, 1000L), "...")
    lines
}

# .syntax reports on code that is not valid R: class, message, and what to show.
# held is what R's console said about it, if it was asked.
.syntax <- function(code, where, held) {
    said <- .same_error(tryCatch({
        suppressWarnings(parse(text = code, keep.source = FALSE))
        ""
    }, error = conditionMessage))
    place <- regmatches(said, regexec("^<text>:([0-9]+):([0-9]+): ", said))[[1L]]
    short <- sub("^<text>:[0-9]+:[0-9]+: ", "", said)
    message <- if (nzchar(held)) .message(held) else strsplit(short, "\n", fixed = TRUE)[[1L]][1L]
    if (is.na(message)) message <- "invalid code"
    # Where: the line and column in the cell, if it has more than one line
    show <- if (nzchar(held)) character()
            else strsplit(paste0(.r_text("Error: "), sub("^<text>", "<cell>", said)), "\n", fixed = TRUE)[[1L]]
    if (nzchar(held) && length(place) == 3L && grepl("\n", sub("\n+$", "", code)))
        show <- paste0("at line ", place[2L], ", column ", place[3L], " of the cell")
    c("parseError", message, show)
}
