# Comms: lines between R code and code in the front end, such as widgets. What
# users and packages see has the form of IRkernel's: a manager and comms, with
# functions of the same names, and binary buffers besides.

# comm_manager is options(jupyter.comm_manager), and once IRkernel is loaded what
# IRkernel::comm_manager() returns.
comm_manager <- function() the_comm_manager

the_comm_manager <- list2env(list(
    # handler(comm, data, buffers, metadata) is called when the front end opens a
    # comm to the target; it may have fewer arguments.
    register_target = function(target_name, handler_func) {
        if (!is.function(handler_func)) stop("the handler of a target is a function", call. = FALSE)
        assign(comm_name(target_name), handler_func, envir = comm_targets)
        invisible()
    },
    unregister_target = function(target_name, ...) {
        suppressWarnings(rm(list = comm_name(target_name), envir = comm_targets))
        invisible()
    },
    new_comm = function(target_name, comm_id = comm_new_id()) {
        new_comm(comm_name(target_name), comm_name(comm_id))
    },
    is_comm_registered = function(comm) exists(comm$id, envir = comms, inherits = FALSE),
    comms = function() mget(ls(comms), envir = comms)
), parent = emptyenv())

comms <- new.env(parent = emptyenv())        # those that are open, by id
comm_targets <- new.env(parent = emptyenv()) # handlers, by target

comm_name <- function(name) {
    if (!is.character(name) || length(name) != 1L || is.na(name) || !nzchar(name))
        stop("the name of a target and the id of a comm are one string", call. = FALSE)
    enc2utf8(name)
}

# comm_new_id makes a random UUID, without touching R's own random numbers.
comm_new_id <- function() {
    suspendInterrupts({ # an interrupt would leave it open
        source <- file("/dev/urandom", "rb", raw = TRUE)
        bytes <- tryCatch(readBin(source, "raw", 16L), finally = close(source))
    })
    bytes[7L] <- (bytes[7L] & as.raw(0x0f)) | as.raw(0x40)
    bytes[9L] <- (bytes[9L] & as.raw(0x3f)) | as.raw(0x80)
    hex <- paste(bytes, collapse = "")
    paste(substring(hex, c(1L, 9L, 13L, 17L, 21L), c(8L, 12L, 16L, 20L, 32L)), collapse = "-")
}

# new_comm makes a comm that is not open yet. Its functions return FALSE,
# invisibly, where the comm is not in the state for it: the other side may close
# it at any time.
new_comm <- function(target_name, id) {
    comm <- new.env(parent = emptyenv())
    is_open <- function() exists(id, envir = comms, inherits = FALSE)
    comm$id <- id
    comm$target_name <- target_name
    comm$is_open <- is_open
    comm$open <- function(msg = list(), metadata = list(), buffers = list()) {
        if (is_open()) return(invisible(FALSE))
        parts <- c(id, target_name, comm_json(msg), comm_json(metadata), comm_buffers(buffers))
        send("comm_open", parts)
        assign(id, comm, envir = comms)
        invisible(TRUE)
    }
    comm$send <- function(msg = list(), buffers = list()) {
        parts <- c(id, comm_json(msg), comm_buffers(buffers))
        if (!is_open()) return(invisible(FALSE))
        send("comm_msg", parts)
        invisible(TRUE)
    }
    comm$close <- function(msg = list()) {
        parts <- list(id, comm_json(msg))
        if (!is_open()) return(invisible(FALSE))
        rm(list = id, envir = comms)
        send("comm_close", parts)
        invisible(TRUE)
    }
    comm$message_handler <- comm$close_handler <- NULL
    # f(data, buffers) is called for each message, f(data) when the front end
    # closes the comm; both may have fewer arguments.
    comm$on_msg <- function(f) comm_handler(comm, "message_handler", f)
    comm$on_close <- function(f) comm_handler(comm, "close_handler", f)
    comm
}

comm_handler <- function(comm, name, f) {
    if (!is.null(f) && !is.function(f)) stop("a handler is a function, or NULL", call. = FALSE)
    assign(name, f, envir = comm)
    invisible()
}

# comm_json makes the JSON object that is the data or metadata of a message. JSON
# made elsewhere, of class "json", is taken as it is.
comm_json <- function(x) {
    if (length(x) == 0L) return("{}")
    text <- json(x)
    if (!startsWith(text, "{"))
        stop("the data of a comm is a list with names, not ", class(x)[[1L]], call. = FALSE)
    text
}

comm_buffers <- function(x) {
    if (is.raw(x)) x <- list(x)
    if (!is.list(x) || !all(vapply(x, is.raw, NA)))
        stop("the buffers of a comm are a list of raw vectors", call. = FALSE)
    unname(x)
}

# ---- what the front end says: called by the kernel with texts and raw vectors ----

# comm_opened says "TRUE" if there is a handler for the target, "FALSE" if not,
# "failed" if the handler does.
comm_opened <- function(texts, buffers) {
    target <- texts[[2L]]
    handler <- comm_targets[[target]]
    if (is.null(handler)) return("FALSE")
    comm <- new_comm(target, texts[[1L]])
    assign(comm$id, comm, envir = comms)
    values <- comm_values(texts[-(1:2)])
    failed <- comm_call(comm, handler, list(comm, values[[2L]], buffers, values[[1L]]))
    if (failed && comm$is_open()) rm(list = comm$id, envir = comms)
    if (failed) "failed" else "TRUE"
}

comm_message <- function(texts, buffers) {
    comm <- comms[[texts[[1L]]]]
    if (!is.null(comm) && !is.null(comm$message_handler))
        comm_call(comm, comm$message_handler, list(comm_values(texts[-1L]), buffers))
    "TRUE"
}

comm_closed <- function(texts, buffers) {
    comm <- comms[[texts[[1L]]]]
    if (is.null(comm)) return("TRUE")
    rm(list = comm$id, envir = comms)
    if (!is.null(comm$close_handler))
        comm_call(comm, comm$close_handler, list(comm_values(texts[-1L])))
    "TRUE"
}

# comm_call calls a handler of the user with as many of args as it takes. Its
# errors and warnings are shown as R shows them. It returns TRUE if it failed.
comm_call <- function(comm, f, args) {
    names <- names(formals(args(f)))
    if (!"..." %in% names) args <- args[seq_len(min(length(args), length(names)))]
    say <- function(what, condition)
        cat(what, " in a handler of comm target ", dQuote(comm$target_name, FALSE), ": ",
            conditionMessage(condition), "\n", file = stderr(), sep = "")
    tryCatch(withCallingHandlers({
        do.call(f, args, quote = TRUE)
        .Call(.C_interrupt)
        FALSE
    }, warning = function(w) {
        say("Warning", w)
        tryInvokeRestart("muffleWarning")
    }), error = function(e) {
        say("Error", e)
        TRUE
    }, interrupt = function(e) {
        cat("Interrupted\n", file = stderr())
        TRUE
    })
}

# comm_values makes values of the tokens that Go makes of JSON (commvalue.go):
# each begins with a letter for its kind. Arrays of numbers, of text and of
# logical values are vectors, other arrays lists, objects lists with names.
comm_values <- function(tokens) {
    at <- 0L
    some <- function(n) {
        taken <- tokens[at + seq_len(n)]
        at <<- at + n
        taken
    }
    fields <- function(text) {
        fields <- strsplit(text, ",", fixed = TRUE)[[1L]]
        fields[fields == "NA"] <- NA
        fields
    }
    read <- function() {
        token <- some(1L)
        text <- substring(token, 2L)
        switch(substr(token, 1L, 1L),
               s = text,
               i = as.integer(fields(text)),
               d = as.double(fields(text)),
               b = as.logical(fields(text)),
               S = {
                   found <- some(as.integer(text))
                   texts <- substring(found, 2L)
                   texts[found == "n"] <- NA
                   texts
               },
               a = lapply(seq_len(as.integer(text)), function(i) read()),
               o = {
                   n <- as.integer(text)
                   names <- substring(some(n), 2L)
                   structure(lapply(seq_len(n), function(i) read()), names = names)
               },
               NULL)
    }
    values <- list()
    while (at < length(tokens)) values <- c(values, list(read()))
    if (length(values) == 1L) values[[1L]] else values
}

# serve_comms makes IRkernel::comm_manager() ours, when IRkernel is loaded for
# packages that ask it.
serve_comms <- function() {
    adopt <- function(...) {
        env <- asNamespace("IRkernel")$runtime_env
        if (is.environment(env)) env$comm_manager <- the_comm_manager
    }
    if (isNamespaceLoaded("IRkernel")) adopt()
    else setHook(packageEvent("IRkernel", "onLoad"), adopt)
}
