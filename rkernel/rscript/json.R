# What everything here that reaches the user goes through.

# send sends an event of text and raw parts and waits until it is out.
send <- function(kind, parts) .event(kind, as.list(parts))

# JSON from R values, for metadata and JSON displays: named lists are objects,
# other lists arrays, vectors of length one scalars (unless I() keeps them), a frame
# an array of rows, which are objects, a matrix an array of rows, which are arrays.
# Text of class "json", as jsonlite makes it, is JSON already.

json <- function(x) {
    if (is.null(x)) return("{}")
    json_value(x)
}

json_value <- function(x) {
    if (is.null(x)) return("null")
    if (inherits(x, "json") && is.character(x) && length(x) == 1L) return(utf8(unclass(x)))
    if (is.data.frame(x)) return(json_array(json_records(x)))
    if (length(dim(x)) > 1L && (is.atomic(x) || is.list(x))) return(json_array(json_slices(x)))
    boxed <- inherits(x, "AsIs")
    if (is.factor(x) || inherits(x, c("Date", "POSIXt"))) x <- as.character(x)
    if (!is.null(names(x)) && (is.list(x) || is.atomic(x))) return(json_object(x))
    if (is.list(x)) return(json_array(vapply(x, json_value, "")))
    if (!is.atomic(x)) stop("JSON has no form for an object of type ", typeof(x), call. = FALSE)
    values <- json_atoms(x)
    if (length(values) == 1L && !boxed) values else json_array(values)
}

json_array <- function(values) paste0("[", paste(values, collapse = ","), "]")

json_object <- function(x) {
    at <- json_named(x)
    values <- vapply(at, function(i) json_value(x[[i]]), "")
    paste0("{", paste(json_string(names(x)[at]), values, sep = ":", collapse = ","), "}")
}

# json_named gives the places of the members of x that an object can have: those with a
# name of their own.
json_named <- function(x) which(!is.na(names(x)) & nzchar(names(x)) & !duplicated(names(x)))

# json_records gives the JSON of each row of a frame, without what is missing.
json_records <- function(x) {
    rows <- .row_names_info(x, 2L)
    at <- json_named(x)
    keys <- json_string(names(x)[at])
    columns <- lapply(unclass(x)[at], function(column) {
        if (inherits(column, "POSIXlt")) column <- as.character(column) # is a list of years, ...
        if (is.data.frame(column)) json_records(column)
        else if (length(dim(column)) > 1L) json_slices(column)
        else vapply(seq_len(rows), function(i) json_value(column[[i]]), "")
    })
    vapply(seq_len(rows), function(i) {
        values <- vapply(columns, `[[`, "", i)
        there <- values != "null"
        paste0("{", paste(keys[there], values[there], sep = ":", collapse = ","), "}")
    }, "")
}

# json_slices gives the JSON of each part of an array along its first dimension.
json_slices <- function(x) {
    dims <- dim(x)
    by_first <- matrix(x, dims[[1L]])
    vapply(seq_len(dims[[1L]]), function(i) {
        slice <- by_first[i, ]
        json_array(if (length(dims) > 2L) json_slices(array(slice, dims[-1L]))
                   else if (is.list(slice)) vapply(slice, json_value, "")
                   else json_atoms(slice))
    }, "")
}

json_atoms <- function(x) {
    if (is.character(x)) return(json_string(x))
    if (is.logical(x)) return(ifelse(is.na(x), "null", ifelse(x, "true", "false")))
    if (is.raw(x)) return(as.character(as.integer(x)))
    if (is.complex(x)) return(json_string(as.character(x)))
    x <- as.double(x)
    # options(OutDec = ) is for people, and so is LC_NUMERIC, which R leaves alone.
    text <- function(x, digits)
        sub("[^-+.0-9A-Za-z]+", ".", formatC(x, digits = digits, width = -1L, format = "g", decimal.mark = "."))
    out <- text(x, 15L)
    inexact <- is.finite(x) & as.double(out) != x
    out[inexact] <- text(x[inexact], 17L)
    out[!is.finite(x)] <- "null"
    out
}

json_string <- function(x) {
    na <- is.na(x)
    x <- utf8(x)
    x <- gsub("\\", "\\\\", x, fixed = TRUE)
    x <- gsub("\"", "\\\"", x, fixed = TRUE)
    if (any(grepl("[[:cntrl:]]", x))) x <- vapply(x, json_control, "", USE.NAMES = FALSE)
    ifelse(na, "null", paste0("\"", x, "\""))
}

json_control <- function(x) {
    codes <- utf8ToInt(x)
    bad <- codes < 32L
    if (!any(bad)) return(x)
    chars <- intToUtf8(codes, multiple = TRUE)
    chars[bad] <- sprintf("\\u%04x", codes[bad])
    paste(chars, collapse = "")
}

# utf8 gives text as valid UTF-8; bytes that are none are shown as print does.
utf8 <- function(x) {
    x <- as.character(x)
    bytes <- Encoding(x) == "bytes"
    if (any(bytes)) {
        Encoding(x[bytes]) <- "unknown"
        x[bytes] <- byte_escapes(iconv(x[bytes], "ASCII", "UTF-8", sub = "byte"))
    }
    # enc2utf8 would make <e9> of a byte that is no UTF-8 but claims to be native.
    bad <- !validUTF8(x) & Encoding(x) != "latin1"
    if (any(bad)) x[bad] <- byte_escapes(iconv(x[bad], "UTF-8", "UTF-8", sub = "byte"))
    enc2utf8(x)
}

# byte_escapes writes \xe9 for the <e9> of iconv.
byte_escapes <- function(x) gsub("<([0-9a-f]{2})>", "\\\\x\\1", x)

# html escapes text for an element's content or an attribute.
html <- function(x) {
    x <- utf8(x)
    x <- gsub("&", "&amp;", x, fixed = TRUE)
    x <- gsub("<", "&lt;", x, fixed = TRUE)
    x <- gsub(">", "&gt;", x, fixed = TRUE)
    gsub("\"", "&quot;", x, fixed = TRUE)
}
