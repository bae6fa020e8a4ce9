# The debugger's part in R: code that can stop, and what is to be seen where it has.
#
# While a front end debugs, each statement of a cell, or of a file that source() runs,
# that stands in braces, in a function, a loop or a branch, is led by a question whether
# to stop, and so is each expression of such a file:
#
#     if (<environment>$on) <environment>$at(line)
#
# The environment is that of the source; debug.c sets its on where there is something to
# stop for. Functions keep these questions: when nobody debugs any more, and in other
# processes, forked or fed with a serialized function, they cost next to nothing and stop
# nothing.

debug_hooks <- new.env(parent = emptyenv()) # by path of the source

debug_hook <- function(path) {
    if (is.null(debug_hooks[[path]])) {
        hook <- new.env(parent = baseenv())
        known <- .Call(.C_debug_switch, path)
        hook$file <- known[[1L]]
        hook$on <- known[[2L]]
        hook$pid <- Sys.getpid()
        hook$native <- .C_debug_at
        hook$at <- eval(quote(function(line) {
            if (Sys.getpid() == pid) .External2(native, file, line, parent.frame())
        }), hook)
        assign(path, hook, envir = debug_hooks)
    }
    debug_hooks[[path]]
}

# debug_cell parses a cell whose source is known as path, and makes it stop where it
# should: its expressions, and the lines on which they begin.
debug_cell <- function(code, path) {
    debug_hits <<- list()
    if (!isTRUE(getOption("keep.source"))) return(NULL) # nobody could say where it is
    # Elsewhere the parser would translate it, and the C locale has ASCII only.
    if (!l10n_info()[["UTF-8"]]) Encoding(code) <- "unknown"
    lines <- strsplit(code, "\n", fixed = TRUE)[[1L]]
    # R tells where a function is by the file of its source.
    source <- srcfilecopy(path, lines)
    source$cell <- TRUE
    kept <- options("keep.parse.data")
    on.exit(options(kept))
    options(keep.parse.data = FALSE) # as the console does
    exprs <- parse(text = lines, srcfile = source, keep.source = TRUE)
    list(lapply(exprs, debug_walk, debug_hook(path)), debug_lines(attr(exprs, "srcref")))
}

# debug_sourced makes the expressions of a file stop where they should. Code that is nested
# too deeply for that does not stop.
debug_sourced <- function(exprs) tryCatch(debug_exprs(exprs), error = function(e) exprs)

debug_exprs <- function(exprs) {
    source <- attr(exprs, "srcfile")
    path <- debug_file(source)
    if (!length(exprs) || is.null(path)) return(exprs)
    source$path <- path # the working directory may change, and links may
    debug_known_files <<- union(debug_known_files, path)
    hook <- debug_hook(path)
    refs <- attr(exprs, "srcref")
    lines <- debug_lines(refs)
    begins <- debug_begins(lines)
    for (i in seq_along(exprs)) {
        e <- debug_walk(exprs[[i]], hook)
        if (begins[i])
            e <- structure(call("{", debug_question(hook, lines[i]), e), srcref = refs[c(i, i, i)])
        if (!is.null(e)) exprs[[i]] <- e
    }
    exprs
}

debug_known_files <- character() # that were sourced while somebody debugs

# debug_file is the path of a source that is a file, or NULL.
debug_file <- function(source) {
    if (!is.environment(source) || !isTRUE(source$isFile)) return(NULL)
    path <- debug_path(source)
    if (!is.null(path) && file.exists(path)) utf8(normalizePath(path))
}

# debug_path is the path of a source, or NULL if it has no name.
debug_path <- function(source) {
    if (!is.null(source$path)) return(source$path)
    path <- source$filename
    if (!is.character(path) || !nzchar(path[1L])) return(NULL)
    if (is.character(source$wd) && !grepl("^[/~]", path[1L])) path <- file.path(source$wd, path)
    path[1L]
}

debug_lines <- function(refs) vapply(refs, function(ref) as.integer(ref)[1L], 1L)

# debug_begins says of statements, by their lines, which are the first of a line.
debug_begins <- function(lines) c(TRUE, lines[-1L] != lines[-length(lines)])[seq_along(lines)]

# debug_files lists the files that were sourced: while somebody debugs, and those of the
# functions in the global environment.
debug_files <- function() {
    files <- debug_known_files
    for (name in ls(globalenv(), all.names = TRUE)) {
        f <- look(globalenv(), name)$value
        if (is.function(f)) files <- c(files, debug_file(attr(attr(f, "srcref"), "srcfile")))
    }
    sort(unique(utf8(files)))
}

# Functions whose arguments are data, not code.
debug_quotes <- c("quote", "bquote", "substitute", "expression", "~", "alist", "expr",
                  "exprs", "quo", "quos", "Quote")

debug_head <- function(e) if (is.symbol(e[[1L]])) as.character(e[[1L]]) else ""

# debug_walk makes code stop that is of the source of a hook.
debug_walk <- function(e, hook) {
    if (!is.call(e)) return(e)
    head <- debug_head(e)
    if (head %in% debug_quotes) return(e)
    parts <- as.list(e) # a call would be copied with each change
    calls <- vapply(parts, is.call, NA)
    parts[calls] <- lapply(parts[calls], debug_walk, hook)
    refs <- attr(e, "srcref")
    if (head == "{" && length(refs) == length(parts)) {
        from <- debug_order(refs)
        asks <- from < 0L
        lines <- debug_lines(refs)[-from[asks]]
        parts <- parts[abs(from)]
        parts[asks] <- lapply(lines, debug_question, hook = hook)
        refs <- refs[abs(from)]
    }
    made <- as.call(parts)
    attributes(made) <- attributes(e)
    attr(made, "srcref") <- refs
    made
}

# debug_order gives what a block becomes: of which part of it each part is made, and of
# the questions, which lead the statements that begin a line, the negative.
debug_order <- function(refs) {
    asks <- c(FALSE, debug_begins(debug_lines(refs)[-1L])) # the first is the brace
    order <- rep(seq_along(asks), 1L + asks)
    ifelse(duplicated(order, fromLast = TRUE), -order, order)
}

debug_question <- function(hook, line)
    call("if", call("$", hook, quote(on)), as.call(list(call("$", hook, quote(at)), line)))

# debug_guard is asked at a breakpoint that has a condition, a test of how often it was
# met in this cell, or a message to say instead of a stop; those that it has not are "".
# Where one of them cannot be evaluated the cell stops, and who debugs hears why.
debug_guard <- function(env, path, line, condition, hits, message) {
    say <- function(category, text) .event("breakpoint", utf8(c(category, path, line, text)))
    .same_error(tryCatch(withCallingHandlers({
        if (!debug_holds(condition, env) || !debug_counts(paste(path, line), hits)) "passes"
        else if (message == "") "stops"
        else {
            say("console", debug_filled(message, env))
            "passes"
        }
    }, warning = function(w) {
        say("stderr", paste("Warning at the breakpoint:", conditionMessage(w)))
        tryInvokeRestart("muffleWarning")
    }), error = function(e) {
        say("stderr", paste0("The condition of the breakpoint, ", condition, ", failed: ", conditionMessage(e)))
        "stops"
    }, interrupt = function(i) "interrupted"))
}

debug_holds <- function(condition, env)
    condition == "" || if (eval(debug_parsed(condition), env)) TRUE else FALSE

debug_hits <- list() # how often a breakpoint that counts was met in this cell, by source and line

debug_counts <- function(at, hits) {
    if (hits == "") return(TRUE)
    n <- c(debug_hits[[at]], 0)[1L] + 1
    debug_hits[[at]] <<- n
    eval(debug_parsed(hits), list(n = n), baseenv())
}

# debug_filled is a message with the values of the code that stands in braces, of which
# doubled ones mean themselves.
debug_filled <- function(message, env) {
    filled <- ""
    while (nzchar(message)) {
        take <- regexpr("[{}]", message)
        if (take < 1L) break
        filled <- paste0(filled, substr(message, 1L, take - 1L))
        brace <- substr(message, take, take)
        message <- substring(message, take + 1L)
        if (startsWith(message, brace)) message <- substring(message, 2L)
        else if (brace == "{" && nzchar(code <- debug_braced(message))) {
            message <- substring(message, nchar(code) + 2L)
            brace <- tryCatch(debug_text(eval(debug_parsed(code), env)),
                              error = function(e) paste0("{", conditionMessage(e), "}"))
        }
        filled <- paste0(filled, brace)
    }
    paste0(filled, message)
}

# debug_braced is the code at the start of text that a brace ends, "" if there is none.
debug_braced <- function(text) {
    for (end in gregexpr("}", text, fixed = TRUE)[[1L]]) {
        code <- substr(text, 1L, end - 1L)
        if (end > 1L && length(tryCatch(debug_parsed(code), error = function(e) NULL))) return(code)
    }
    ""
}

debug_text <- function(value)
    if (is.character(value) && length(value) == 1L && !is.na(value)) value else debug_value(value)

# Code of breakpoints, parsed once.
debug_known <- new.env(parent = emptyenv())

debug_parsed <- function(code) {
    if (is.null(debug_known[[code]]))
        assign(code, parse(text = code, keep.source = FALSE), envir = debug_known)
    debug_known[[code]]
}

# debug_flaws says of each code why it is not valid, "" if it is.
debug_flaws <- function(...) vapply(c(...), function(code) tryCatch({
    if (code != "") parse(text = code, keep.source = FALSE)
    ""
}, error = function(e) sub("^<text>:[0-9]+:[0-9]+: ", "", strsplit(conditionMessage(e), "\n")[[1L]][1L])),
    "", USE.NAMES = FALSE)

debug_base <- list() # base's own functions, while others are in their place

# debug_watch has source() make the code of files stop, and warnings ask whether the cell
# is to, "1", or not any more, "0".
debug_watch <- function(files, warnings) suspendInterrupts({
    # Outside of ours, where an error would be ours: exprs is what source() calls it, too.
    debug_replace("source", files == "1", "parse",
                  function(e) call("{", call("<-", quote(exprs), e), as.call(list(debug_sourced, quote(exprs)))))
    # Where nobody has handled a warning, base's functions have R keep or print it.
    for (name in c("warning", ".signalSimpleWarning"))
        debug_replace(name, warnings == "1", ".dfltWarn",
                      function(e) call("{", as.call(list(debug_warned, e[[2L]][[2L]])), e))
})

# debug_replace has the calls of an internal function in a function of base be what make
# makes of them, or be themselves again.
debug_replace <- function(name, on, internal, make) {
    if (on == is.function(debug_base[[name]])) return()
    f <- if (on) get(name, baseenv()) else debug_base[[name]]
    debug_base[[name]] <<- if (on) f
    if (on) {
        body(f) <- debug_remade(body(f), as.name(internal), make)
        f <- compiler::cmpfun(f) # code that is not compiled passes for that of its caller
    }
    unlockBinding(name, baseenv())
    assign(name, f, envir = baseenv())
    lockBinding(name, baseenv())
}

debug_remade <- function(e, internal, make) {
    if (identical(e[[1L]], quote(.Internal)) && identical(e[[2L]][[1L]], internal)) return(make(e))
    parts <- as.list(e)
    calls <- vapply(parts, is.call, NA)
    parts[calls] <- lapply(parts[calls], debug_remade, internal, make)
    as.call(parts)
}

debug_warned <- function(message)
    if (isTRUE(getOption("warn") >= 0L)) .Call(.C_debug_warned, utf8(paste("Warning:", message)))

# debug_places gives the first and last lines of the statements at which code can
# stop, as pairs.
debug_places <- function(code) {
    exprs <- parse(text = strsplit(code, "\n", fixed = TRUE)[[1L]], keep.source = TRUE)
    places <- list(attr(exprs, "srcref"))
    walk <- function(e) {
        head <- debug_head(e)
        if (head %in% debug_quotes) return()
        if (head == "{") places[[length(places) + 1L]] <<- attr(e, "srcref")[-1L]
        parts <- as.list(e)
        for (part in parts[vapply(parts, is.call, NA)]) walk(part)
    }
    for (e in as.list(exprs)) if (is.call(e)) walk(e)
    unlist(lapply(places, lapply, function(ref) as.integer(ref)[c(1L, 3L)]))
}

# debug_stack gives the frames in which code of the user's runs, the innermost first,
# each as seven strings: its number, function, source, and first and last line and
# column. n calls run. At the bottom is the cell, which runs its expression on this line
# of path.
debug_stack <- function(n, path, line) {
    n <- as.integer(n)
    stack <- list()
    seen <- integer()
    add <- function(frame, place) {
        if (is.null(place) || frame %in% seen) return()
        seen <<- c(seen, frame)
        stack <<- c(stack, list(c(frame, debug_name(frame), place)))
    }
    parents <- sys.parents()
    if (n > 0L) {
        place <- debug_innermost(n, parents)
        frame <- debug_frame(n, 0L, place, parents)
        if (frame > 0L || identical(place[1L], path)) add(frame, place)
    }
    for (k in rev(seq_len(n))) {
        if (!is.null(debug_sourcing(k, parents))) add(k, debug_asked(k, parents))
        place <- debug_place(attr(sys.call(k), "srcref"))
        if (is.null(place)) add(parents[k], debug_asked(parents[k], parents))
        else add(debug_frame(k - 1L, parents[k], place, parents), place)
    }
    add(0L, c(path, line, 1L, line, 1L))
    utf8(unlist(stack))
}

# debug_innermost is the place at which the n-th call was when this here began to run:
# R itself has raised an error there. R says that of the call which comes next; where it
# knows of none in the function that runs, it is the statement that asked, or the whole
# function.
debug_innermost <- function(n, parents) {
    ref <- attr(sys.call(n + 1L), "srcref")
    if (!is.null(ref) && !identical(ref, attr(sys.call(n), "srcref"))) return(debug_place(ref))
    place <- debug_asked(n, parents)
    if (is.null(place)) debug_place(attr(sys.function(n), "srcref")) else place
}

# debug_asked is the place of the statement that asked last of a frame's function, or of
# the file that is sourced there, or NULL.
debug_asked <- function(frame, parents) {
    if (frame < 1L) return(NULL)
    whole <- debug_place(attr(sys.function(frame), "srcref"))
    path <- if (is.null(whole)) debug_sourcing(frame, parents) else whole[1L]
    if (is.null(path)) return(NULL)
    line <- .Call(.C_debug_line, sys.frame(frame), path)
    at <- as.integer(whole[c(2L, 4L)])
    if (!is.null(line) && (is.null(whole) || line >= at[1L] && line <= at[2L]))
        c(path, line, 1L, line, 1L)
}

# debug_frame is the frame that runs the code at a place, from which a call was made: the
# innermost, from the n-th on, whose function has it, or in which its file is sourced. Else
# it is parent, the call's own: code that is the argument of a function is none of that
# function's.
debug_frame <- function(n, parent, place, parents) {
    while (n > parent && !debug_within(place, debug_place(attr(sys.function(n), "srcref"))) &&
           !identical(debug_sourcing(n, parents), place[1L]))
        n <- n - 1L
    n
}

# debug_sourcing is the path of the file whose code a frame evaluates for source(), or NULL.
# eval(ei, envir) has two frames: its own, and one of the environment's.
debug_sourcing <- function(frame, parents) {
    if (frame < 3L || !is.primitive(sys.function(frame))) return(NULL)
    from <- parents[frame - 1L]
    if (from > 0L && identical(sys.function(from), base::source)) sys.frame(from)$srcfile$path
}

debug_within <- function(place, whole) {
    if (is.null(place) || is.null(whole) || place[1L] != whole[1L]) return(FALSE)
    at <- as.integer(place[2:3])
    whole <- as.integer(whole[-1L])
    (at[1L] > whole[1L] || at[1L] == whole[1L] && at[2L] >= whole[2L]) &&
        (at[1L] < whole[3L] || at[1L] == whole[3L] && at[2L] < whole[4L])
}

# debug_place is where a source reference points: the path of the file, first line and
# column, last line and the column behind it. NULL: nowhere that has a name.
debug_place <- function(ref) {
    file <- attr(ref, "srcfile")
    if (!is.environment(file) || length(ref) < 6L) return(NULL)
    path <- debug_path(file)
    if (!is.null(path)) c(path, ref[1L], ref[5L], ref[3L], ref[6L] + 1L)
}

debug_name <- function(frame) {
    if (frame < 1L || is.primitive(sys.function(frame))) return("top level")
    head <- sys.call(frame)[[1L]]
    while (is.call(head) && identical(head[[1L]], quote(`(`))) head <- head[[2L]]
    if (is.function(head) || is.call(head) && identical(head[[1L]], quote(`function`)))
        return("anonymous function")
    name <- paste(deparse(head, nlines = 1L), collapse = "")
    if (nchar(name) > 60L) paste0(substr(name, 1L, 57L), "...") else name
}

# debug_env is the environment of a frame; 0 is the cell itself.
debug_env <- function(frame) {
    frame <- as.integer(frame)
    if (frame < 1L) globalenv() else sys.frame(frame)
}

# debug_scopes names what code in a frame sees, and says where it is: the frame, the
# functions around it, and the global environment.
debug_scopes <- function(frame) {
    env <- debug_env(frame)
    scopes <- character()
    up <- 0L
    while (!identical(env, globalenv()) && !identical(env, emptyenv()) &&
           !identical(env, baseenv()) && !isNamespace(env) && up < 20L) {
        scopes <- c(scopes, if (up == 0L) "Locals" else paste("Enclosing", up), up)
        env <- parent.env(env)
        up <- up + 1L
    }
    c(scopes, "Globals", -1L)
}

# debug_root is the environment of a scope.
debug_root <- function(frame, up) {
    up <- as.integer(up)
    if (up < 0L) return(globalenv())
    env <- debug_env(frame)
    while (up > 0L) {
        env <- parent.env(env)
        up <- up - 1L
    }
    env
}

# debug_variables lists what is in a scope, or in an object in it: steps lead there,
# each a kind and a name or number. For each member of start + 1 to start + count (0:
# all) it gives kind and name of the step to it, its name, value, whether it has
# members, and the R code that it is.
debug_variables <- function(frame, up, start, count, ...) {
    at <- debug_at(frame, up, c(...))
    if (is.null(at)) return(character())
    members <- debug_members(at$value)
    from <- as.integer(start)
    to <- length(members$key)
    if (as.integer(count) > 0L) to <- min(to, from + as.integer(count))
    utf8(unlist(lapply(from + seq_len(max(to - from, 0L)), function(i) {
        kind <- members$kind[[i]]
        key <- members$key[[i]]
        described <- tryCatch(debug_describe(debug_step(at$value, kind, key)),
                              error = function(e) c(conditionMessage(e), "0"))
        c(kind, key, members$name[[i]], described, debug_code(at$code, kind, key))
    })))
}

# debug_at is what steps lead to: its value, and the R code that it is, "" for the scope.
# NULL: it cannot be looked at.
debug_at <- function(frame, up, steps) {
    at <- list(value = debug_root(frame, up))
    code <- ""
    for (i in seq_len(length(steps) %/% 2L)) {
        at <- debug_step(at$value, steps[2L * i - 1L], steps[2L * i])
        if (!is.null(at$kind)) return(NULL)
        code <- debug_code(code, steps[2L * i - 1L], steps[2L * i])
    }
    list(value = at$value, code = code)
}

# debug_set gives the member of this name, of a scope or of an object in it, the value of
# code, which is evaluated in the frame. It returns kind and name of the step to it, its
# value, and whether it has members.
debug_set <- function(frame, up, name, code, ...) {
    at <- debug_at(frame, up, c(...))
    members <- debug_members(at$value)
    i <- match(name, members$name)
    if (is.na(i)) stop("there is no variable '", name, "' here")
    kind <- members$kind[[i]]
    key <- members$key[[i]]
    value <- eval(parse(text = code, keep.source = FALSE), debug_env(frame))
    target <- parse(text = debug_code(at$code, kind, key), keep.source = FALSE)[[1L]]
    eval(as.call(list(`<-`, target, call("quote", value))), debug_root(frame, up))
    utf8(c(kind, key, debug_describe(list(value = value))))
}

# A member is reached by its name in an environment, its index in a list, the name
# of a slot.
debug_step <- function(value, kind, key) switch(kind,
    name = debug_look(value, key),
    index = list(value = if (is.pairlist(value)) as.list(value)[[as.integer(key)]]
                         else .subset2(value, as.integer(key))),
    slot = list(value = attributes(value)[[key]]))

# debug_look is look that tells the code of a promise; that of a constant is its value.
debug_look <- function(env, name) {
    found <- look(env, name)
    if (!identical(found$kind, "promise")) return(found)
    code <- eval(call("substitute", as.name(name), env), baseenv())
    if (is.language(code)) c(found, list(code = code)) else list(value = code, env = env)
}

debug_code <- function(code, kind, key) {
    key <- utf8(key)
    quoted <- if (make.names(key) == key) key else paste0("`", gsub("`", "\\\\`", key), "`")
    switch(kind,
           name = if (nzchar(code)) paste0(code, "$", quoted) else quoted,
           index = paste0(code, "[[", key, "]]"),
           slot = paste0(code, "@", quoted))
}

debug_members <- function(value) {
    as <- function(kind, key, name = key) list(kind = rep(kind, length(key)), key = key, name = name)
    if (is.environment(value)) return(as("name", ls(value, all.names = FALSE)))
    if (isS4(value) && !is.list(value)) return(as("slot", setdiff(names(attributes(value)), "class")))
    if (!is.list(value) && !is.pairlist(value)) return(as("index", character()))
    n <- length(unclass(value))
    index <- as.character(seq_len(n))
    names <- names(unclass(value))
    bare <- paste0("[[", index, "]]")
    as("index", index, if (is.null(names)) bare else ifelse(is.na(names) | names == "", bare, names))
}

# debug_describe gives the value, and "1" if it has members, of what look finds.
debug_describe <- function(found) {
    if (!is.null(found$kind)) {
        value <- switch(found$kind, active = "active binding",
                        promise = paste("not evaluated yet:", debug_value(found$code)), found$kind)
        return(c(value, "0"))
    }
    value <- found$value
    members <- is.environment(value) && !is.function(value) || length(debug_members(value)$key) > 0L
    c(debug_value(value), if (members) "1" else "0")
}

# debug_value is a value in one line: one number or string as R prints it, anything
# else as str() begins to describe it.
debug_value <- function(value) {
    if (is.null(value)) return("NULL")
    if (is.function(value)) return(paste(signature_of(value, "function"), collapse = " "))
    if (is.language(value)) return(paste(deparse(value, nlines = 1L), collapse = " "))
    if (is.atomic(value) && length(value) == 1L && !is.object(value) && is.null(attributes(value))) {
        if (!is.character(value)) return(format(value))
        if (isTRUE(nchar(value, "bytes") > 500L)) value <- substr(utf8(value), 1L, 500L)
        return(encodeString(value, quote = "\""))
    }
    sub(":$", "", trimws(summary_of(value, 1L, 0L)[1L]))
}

# debug_rich is a variable as a cell shows it.
debug_rich <- function(frame, name) {
    found <- debug_find(debug_env(frame), name)
    if (is.null(found)) return(c("error", "missing", paste0("there is no variable '", name, "' here")))
    if (!is.null(found$kind)) return(c("ok", "text/plain", debug_describe(found)[1L]))
    forms_of(found$value)
}

debug_find <- function(env, name) {
    while (!identical(env, emptyenv())) {
        if (exists(name, envir = env, inherits = FALSE)) return(look(env, name))
        env <- parent.env(env)
    }
    NULL
}

# debug_evaluate evaluates code in a frame, as evaluate does; what the code prints is
# shown.
debug_evaluate <- function(texts, parts) {
    frame <- debug_env(texts[[1L]])
    tryCatch({
        value <- withVisible(eval(parse(text = texts[[2L]], keep.source = FALSE), frame))
        text <- if (value$visible) paste(printed(value$value), collapse = "\n") else ""
        c("ok", text, class(value$value)[1L])
    }, error = function(e) c("error", class(e)[[1L]], conditionMessage(e)))
}

# debug_copy makes a variable of a frame one of the global environment.
debug_copy <- function(frame, from, to) {
    found <- debug_find(debug_env(frame), from)
    if (is.null(found)) stop("there is no variable '", from, "' here")
    value <- if (is.null(found$kind)) found$value else get(from, envir = debug_env(frame))
    assign(to, value, envir = globalenv())
    "copied"
}
