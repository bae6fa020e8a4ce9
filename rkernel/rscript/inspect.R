# Inspection: what is known about the name at the cursor. The value of a promise
# that was not evaluated yet and of an active binding is never touched.

# inspect takes the detail ("0" or "1") and the path to the object as Go found it:
# a name, then pairs of an operator ($ @ [[ :: :::) and a name. It returns text
# and HTML, or nothing when nothing is known.
inspect <- function(detail, ...) inspect_path(c(...), detail == "1", TRUE)

# inspect_object is inspect without help pages, which take time to format.
inspect_object <- function(detail, ...) inspect_path(c(...), detail == "1", FALSE)

inspect_path <- function(path, detail, with_help) {
    found <- tryCatch(find_object(path), error = function(e) NULL)
    help <- if (with_help) find_help(path, found)
    if (is.null(found) && is.null(help)) return(character())
    about <- c(if (!is.null(found)) describe(path, found, detail))
    text <- html <- character()
    for (part in names(about)) {
        text <- c(text, paste0(part, ":"), about[[part]], "")
        html <- c(html, sprintf("<p><b>%s</b></p>\n<pre>%s</pre>", html(part),
                                html(paste(about[[part]], collapse = "\n"))))
    }
    if (!is.null(help)) {
        # Long pages on a busy machine: one form of the page, rather than none.
        began <- proc.time()[["elapsed"]]
        body <- help_text(help)
        page <- if (proc.time()[["elapsed"]] - began < 0.6) help_html(help)
        text <- c(text, "Help:", body)
        html <- c(html, "<hr/>", if (is.null(page)) sprintf("<pre>%s</pre>", html(body)) else page)
    }
    c(paste(text, collapse = "\n"), paste(html, collapse = "\n"))
}

# find_object gives list(value, where) or list(kind = "active"/"promise", code).
find_object <- function(path) {
    rest <- path[-1L]
    ops <- rest[seq_along(rest) %% 2L == 1L]
    names <- rest[seq_along(rest) %% 2L == 0L]
    if (length(ops) && ops[[1L]] %in% c("::", ":::")) {
        if (!isNamespaceLoaded(path[[1L]])) return(NULL)
        found <- find_in_package(path[[1L]], names[[1L]], ops[[1L]] == ":::")
        ops <- ops[-1L]
        names <- names[-1L]
    } else {
        found <- find_attached(path[[1L]])
    }
    for (i in seq_along(ops)) found <- find_member(found$value, ops[[i]], names[[i]])
    found
}

find_attached <- function(name) {
    for (i in seq_along(search())) {
        env <- as.environment(i)
        if (exists(name, envir = env, inherits = FALSE)) return(look(env, name))
    }
    NULL
}

find_in_package <- function(package, name, all) {
    ns <- asNamespace(package)
    if (exists(name, envir = ns, inherits = FALSE) && (all || name %in% getNamespaceExports(ns)))
        return(look(ns, name))
    data <- ns[[".__NAMESPACE__."]][["lazydata"]]
    if (is.environment(data) && exists(name, envir = data, inherits = FALSE)) look(data, name)
}

# look reads a binding of an environment, if that can be done without running code.
look <- function(env, name) {
    if (bindingIsActive(as.name(name), env))
        return(list(kind = "active", code = activeBindingFunction(as.name(name), env), env = env))
    promise <- .Call(.C_promise, env, name)
    if (promise == "promise") return(list(kind = "promise", env = env))
    list(value = get(name, envir = env, inherits = FALSE), env = env)
}

find_member <- function(value, op, name) {
    if (op == "@") {
        slots <- attributes(value)
        return(if (name %in% names(slots)) list(value = slots[[name]]))
    }
    if (is.environment(value)) {
        return(if (exists(name, envir = value, inherits = FALSE)) look(value, name))
    }
    if (!is.list(value)) return(NULL)
    value <- unclass(value)
    if (op == "[[" && grepl("^[0-9]+L?$", name)) {
        i <- as.integer(sub("L$", "", name))
        return(if (i >= 1L && i <= length(value)) list(value = value[[i]]))
    }
    if (name %in% names(value)) list(value = value[[name]])
}

# describe gives the parts of the answer about an object, each a vector of lines.
describe <- function(path, found, detail) {
    if (identical(found$kind, "active"))
        return(list("Active binding" = "its function is not run to look at it"))
    if (identical(found$kind, "promise"))
        return(list("Promise" = "its value is not evaluated to look at it"))
    value <- found$value
    about <- list("Class" = paste(class(value), collapse = ", "))
    if (is.function(value)) {
        name <- path[[length(path)]]
        about[["Signature"]] <- signature_of(value, name)
        if (detail) about[["Source"]] <- source_of(value)
    } else {
        about[["Value"]] <- summary_of(value, if (detail) 40L else 12L)
    }
    about
}

signature_of <- function(f, name) {
    shown <- args(f)
    if (is.null(shown)) return(paste0(name, "(...)"))
    lines <- deparse(shown, width.cutoff = 80L)
    lines <- lines[-length(lines)] # the NULL that args adds
    lines[[1L]] <- paste0(name, sub("^function *", "", lines[[1L]]))
    trimws(lines, "right")
}

source_of <- function(f) {
    lines <- if (is.null(attr(f, "srcref"))) deparse(f) else as.character(attr(f, "srcref"))
    cut_short(lines, 400L)
}

# summary_of describes a value by str, which looks at a bounded part of it, not deeper
# than level.
summary_of <- function(value, lines, level = 2L) {
    if (is.environment(value) && !is.object(value)) {
        names <- cut_short(ls(value, all.names = TRUE), 30L)
        return(c(format(value), paste(names, collapse = " ")))
    }
    if (!isNamespaceLoaded("utils")) return(paste0(typeof(value), " of length ", length(value)))
    out <- tryCatch({
        utils::capture.output(utils::str(value, max.level = level, list.len = lines, vec.len = 4,
                                         nchar.max = 120L, give.attr = FALSE))
    }, error = function(e) paste0(typeof(value), " of length ", length(value)))
    if (length(out) > lines + 1L) out <- c(out[seq_len(lines)], "...")
    utf8(out)
}

# cut_short gives at most n strings of x, and "..." for the rest.
cut_short <- function(x, n) if (length(x) > n) c(x[seq_len(n)], "...") else x

# find_help gives the path of the help page of a name, or NULL. A variable of the
# user's own hides the page of a function of the same name.
find_help <- function(path, found) {
    if (!isNamespaceLoaded("utils") || length(path) > 3L) return(NULL)
    package <- NULL
    topic <- path[[1L]]
    if (length(path) == 3L) {
        if (!path[[2L]] %in% c("::", ":::")) return(NULL)
        package <- path[[1L]]
        topic <- path[[3L]]
    } else if (!is.null(found$env)) {
        if (identical(found$env, globalenv())) return(NULL)
        name <- environmentName(found$env)
        if (startsWith(name, "package:")) package <- sub("^package:", "", name)
        else if (identical(found$env, baseenv())) package <- "base"
    }
    # A package may hand on what another has made and documented.
    for (place in unique(c(package, made_in(found$value), ""))) {
        pages <- tryCatch(help_paths(topic, if (nzchar(place)) place),
                          error = function(e) character())
        if (length(pages)) return(pages[[1L]])
    }
    NULL
}

# made_in names the package that a function comes from, for a generic of S4 the one
# that knows what it is about.
made_in <- function(f) {
    if (!is.function(f) || is.primitive(f)) return(NULL)
    package <- if (isS4(f)) attr(f, "package") else environmentName(topenv(environment(f)))
    if (is.character(package)) package[1L]
}

help_paths <- function(topic, package) {
    call <- as.call(c(list(utils::help, topic), if (!is.null(package)) list(package = package),
                      list(help_type = "text")))
    as.character(eval(call, baseenv()))
}
