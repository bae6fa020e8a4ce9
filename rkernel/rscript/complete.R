# Completion. Go has found out where the cursor is (lex.go); here R's own
# completer answers for names and arguments, and R itself for members of
# objects, exports of packages and files. Nothing typed is evaluated except
# expressions of names, constants and subsetting.

# complete_name completes the name or argument that ends text; text holds no
# comment and no content of strings. In a call fn is the function, and subject what
# the call is about, as Go found them; both may be "". It returns the number of
# characters to replace and the completions.
complete_name <- function(text, fn, subject) {
    partial <- sub("^.*[^\\p{L}\\p{M}\\p{N}._]", "", text, perl = TRUE)
    if (!isNamespaceLoaded("utils") || any(utf8ToInt(partial) > 127L))
        return(c(nchar(partial), attached_names(partial)))
    utils <- asNamespace("utils")
    state <- utils$.CompletionEnv
    # The arguments of all methods of a generic take seconds to collect and are
    # mostly noise: those of the method that will be called are added below.
    methods <- state$settings[["S3"]]
    on.exit(state$settings[["S3"]] <- methods)
    state$settings[["S3"]] <- FALSE
    utils$.assignLinebuffer(text)
    utils$.assignEnd(nchar(text))
    utils$.guessTokenFromLine()
    utils$.completeToken()
    found <- sub(" +$", "", texts(utils$.retrieveCompletions())) # it has "else " and the like
    token <- state[["token"]]
    if (!grepl("[^A-Za-z0-9._]", token)) {
        found <- quote_names(found)
        named <- endsWith(found, "=")
        arguments <- found[named]
        # R's completer has lists of its own for par() and options(). Of others it knows
        # the name only, and takes the arguments of all functions that have it.
        name <- state[["fguess"]]
        if (length(name) == 1L && nzchar(name) && is.null(utils$.FunArgEnv[[name]])) {
            own <- call_arguments(fn, subject)
            if (!is.null(own)) {
                own <- quote_names(own[startsWith(own, token)], force = TRUE)
                arguments <- paste0(own, "=", recycle0 = TRUE)
            }
        }
        found <- c(arguments, found[!named])
    }
    c(nchar(token), unique(found[nzchar(found)]))
}

# call_arguments gives the arguments that a call of fn can name: its own, and those of
# the method for subject. It is NULL where the function is not known.
call_arguments <- function(fn, subject) {
    f <- tryCatch(called_function(str2lang(fn)), error = function(e) NULL)
    if (!is.function(f)) return(NULL)
    names <- c(names(formals(args(f))), method_arguments(f, sub("^.*:", "", fn), subject))
    setdiff(names, "...")
}

# called_function is the function that fn, a name or a member, stands for. No package
# is loaded for it.
called_function <- function(fn) {
    if (is.symbol(fn)) return(get0(as.character(fn), globalenv(), mode = "function"))
    if (as.character(fn[[1L]])[1L] %in% c("::", ":::") && !isNamespaceLoaded(as.character(fn[[2L]])))
        return(NULL)
    eval(fn, globalenv())
}

# method_arguments gives the arguments of the method of f for the value of subject, and
# of the default method if there is none.
method_arguments <- function(f, name, subject) {
    object <- if (nzchar(subject)) value_of(subject)
    names <- if (isS4(f)) s4_arguments(f, if (is.null(object)) "ANY" else class(object)[[1L]])
    envir <- if (is.primitive(f)) globalenv() else environment(f)
    for (class in c(if (!is.null(object)) .class2(object), "default")) {
        method <- tryCatch(utils::getS3method(name, class, optional = TRUE, envir = envir),
                           error = function(e) NULL)
        if (is.function(method)) return(c(names, names(formals(args(method)))))
    }
    names
}

# s4_arguments gives the arguments of the method of an S4 generic for a class, also
# those that the generic takes for more of "...".
s4_arguments <- function(f, class) {
    if (!isNamespaceLoaded("methods") || !methods::is(f, "standardGeneric")) return(NULL)
    method <- methods::selectMethod(f@generic, class, optional = TRUE, fdef = f)
    if (!is.null(method)) names(formals(methods::unRematchDefinition(method)))
}

attached_names <- function(partial) {
    if (!nzchar(partial)) return(character())
    quote_names(sort(names_with(attached_objects(), partial)))
}

# attached_objects gives the names of all that is on the search path.
attached_objects <- function() unlist(lapply(seq_along(search()), ls, all.names = TRUE))

# names_with gives the names that begin with partial, each once.
names_with <- function(names, partial) {
    names <- texts(names)
    unique(names[nzchar(names) & startsWith(names, partial)])
}

# texts leaves out what is no text, as names in a file that was read in the wrong
# encoding: most functions fail where one of many strings is none.
texts <- function(x) {
    x <- as.character(x)
    marks <- Encoding(x)
    enc2utf8(x[!is.na(x) & marks != "bytes" & (marks == "latin1" | validUTF8(x))])
}

reserved <- c("if", "else", "repeat", "while", "function", "for", "next", "break", "TRUE", "FALSE",
              "NULL", "Inf", "NaN", "NA", "NA_integer_", "NA_real_", "NA_complex_",
              "NA_character_", "in")

# quote_names puts names that R would not read as names into back-ticks; what the
# completer appended (=, ::) stays as it is.
quote_names <- function(names, force = FALSE) {
    bad <- names != make.names(names) & !(names %in% reserved) & !grepl("(=|::|\\()$", names)
    if (force) bad <- names != make.names(names)
    names[bad] <- backtick(names[bad])
    names
}

backtick <- function(names) {
    paste0("`", gsub("`", "\\`", gsub("\\", "\\\\", names, fixed = TRUE), fixed = TRUE), "`",
           recycle0 = TRUE)
}

# complete_member completes expr$partial or expr@partial.
complete_member <- function(expr, op, partial) {
    quote_names(names_with(member_names(expr, op), partial), force = TRUE)
}

# value_of evaluates an expression that Go found to be harmless; NULL if it fails.
value_of <- function(expr) {
    tryCatch(suppressWarnings(eval(str2lang(expr), globalenv())), error = function(e) NULL)
}

member_names <- function(expr, op) {
    object <- value_of(expr)
    tryCatch({
        if (op == "@") slot_names(object)
        else if (isNamespaceLoaded("utils")) utils::.DollarNames(object, "")
        else if (is.environment(object)) ls(object, all.names = TRUE)
        else names(object)
    }, error = function(e) names(object))
}

slot_names <- function(object) {
    # From R 4.3 on packages may say what @ offers.
    offered <- if (isNamespaceLoaded("utils")) asNamespace("utils")$.AtNames
    if (is.function(offered)) offered(object, "")
    else if (isNamespaceLoaded("methods")) methods::slotNames(object)
    else names(attributes(object))
}

# complete_columns completes a name among the columns of data: expressions that Go
# found around the cursor.
complete_columns <- function(partial, ...) {
    names <- unlist(lapply(c(...), function(expr) {
        data <- value_of(expr)
        if (is.data.frame(data)) attr(data, "names") else if (is.matrix(data)) colnames(data)
    }))
    quote_names(names_with(names, partial), force = TRUE)
}

# complete_element completes the string in expr[["partial or expr["partial.
complete_element <- function(expr, partial, quote) {
    object <- value_of(expr)
    names <- if (is.environment(object)) ls(object, all.names = TRUE)
             else if (is.matrix(object)) colnames(object) else names(object)
    in_string(names_with(names, from_string(partial, quote)), quote)
}

# in_string writes text as it stands in a string that quote ends; a raw string, of quote
# "", has no escapes. from_string reads it.
in_string <- function(text, quote) {
    if (!nzchar(quote)) return(text)
    text <- gsub("\\", "\\\\", text, fixed = TRUE)
    gsub(quote, paste0("\\", quote), text, fixed = TRUE)
}

from_string <- function(text, quote) if (nzchar(quote)) gsub("\\\\(.)", "\\1", text) else text

# complete_export completes pkg::partial or pkg:::partial, without loading pkg.
complete_export <- function(package, op, partial) {
    names <- tryCatch(package_names(package, op == ":::"), error = function(e) character())
    quote_names(sort(names_with(names, partial)), force = TRUE)
}

package_names <- function(package, all) {
    if (isNamespaceLoaded(package)) {
        ns <- asNamespace(package)
        if (all) return(ls(ns, all.names = TRUE))
        data <- if (package != "base") ls(ns[[".__NAMESPACE__."]][["lazydata"]])
        return(c(getNamespaceExports(ns), data))
    }
    dir <- find.package(package)
    index <- file.path(dir[[1L]], "R", paste0(package, ".rdx"))
    names <- if (file.exists(index)) names(readRDS(index)$variables)
    if (!all) {
        ns <- readRDS(file.path(dir[[1L]], "Meta", "nsInfo.rds"))
        pattern <- ns$exportPatterns
        matched <- if (length(pattern)) grepl(paste(pattern, collapse = "|"), names) else FALSE
        names <- c(ns$exports, names[matched])
    }
    names <- as.character(unlist(names))
    names[!startsWith(names, ".__")]
}

# complete_package completes the name of an installed package; a list of folders
# is much cheaper than installed.packages().
complete_package <- function(partial) {
    names <- names_with(list.files(.libPaths()), partial)
    names <- names[grepl("^[A-Za-z][A-Za-z0-9.]+$", names)]
    names[vapply(names, function(p) any(file.exists(file.path(.libPaths(), p, "DESCRIPTION"))), NA)]
}

# complete_backtick completes a name begun with a back-tick; expr and op are the
# object it is a member of, if there are any.
complete_backtick <- function(expr, op, partial) {
    names <- if (startsWith(op, "::"))
                 tryCatch(package_names(expr, op == ":::"), error = function(e) NULL)
             else if (nzchar(op)) member_names(expr, op)
             else attached_objects()
    names <- sort(names_with(names, partial))
    if (!nzchar(op)) names <- names[names != make.names(names)]
    backtick(names)
}

# complete_file completes a path within a string. It returns the number of
# characters to replace and the last parts of the paths, folders with a slash.
complete_file <- function(partial, quote) {
    typed <- from_string(partial, quote)
    base <- sub("^.*/", "", typed)
    dir <- substr(typed, 1L, nchar(typed) - nchar(base))
    place <- if (nzchar(dir)) path.expand(dir) else "."
    names <- list.files(place, all.files = startsWith(base, "."), no.. = TRUE)
    names <- names_with(names, base)
    folder <- dir.exists(file.path(place, names))
    names <- in_string(names, quote)
    replaced <- nchar(sub("^.*/", "", partial))
    c(replaced, paste0(names, ifelse(folder, "/", "")))
}

# is_complete answers with R's parser: complete, incomplete or invalid.
is_complete <- function(code) {
    # The lexer raises some errors itself, such as unknown escapes.
    tryCatch(.Call(.C_parse, enc2utf8(code)), error = function(e) "invalid")
}
