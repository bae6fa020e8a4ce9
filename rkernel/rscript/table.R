# HTML tables of data frames and matrices. Only a bounded head of the object is
# ever touched, so that a frame of ten million rows costs as much as a small one.

# is_table tells whether table_html has a form for x. A table of text is a summary,
# whose columns R has aligned.
is_table <- function(x) {
    if (is.data.frame(x)) return(is.list(x))
    is.matrix(x) && (is.atomic(x) || is.list(x)) && !isS4(x) &&
        (is.null(oldClass(x)) || inherits(x, "table") && !is.character(x))
}

# Classes of frames whose print shows a table of the frame as it is.
plain_frames <- c("data.frame", "data.table", "tbl", "tbl_df", "sf")

# prints_itself tells whether the print of a frame's class may say what a table
# does not, as that of an analysis of variance.
prints_itself <- function(x) {
    own <- class(x)[cumsum(class(x) %in% plain_frames) == 0L]
    isS4(x) || is.data.frame(x) && !is.null(method_for("print", "base", structure(list(), class = own)))
}

table_limit <- function(name, default) {
    value <- getOption(name)
    if (is.numeric(value) && length(value) == 1L && !is.na(value) && value >= 1) value else default
}

table_dim <- function(x) {
    if (is.data.frame(x)) c(.row_names_info(x, 2L), length(unclass(x))) else dim(x)
}

# table_html makes a table of at most repr.matrix.max.rows rows and
# repr.matrix.max.cols columns, and says what it left out. Without these options
# up to 60 rows are shown whole, of longer ones 30, and 20 columns. What stands between
# dollars is no mathematics: MathJax 3, of JupyterLab, knows the one class, MathJax 2,
# of pages that nbconvert makes, the other.
table_html <- function(x, title = NULL) {
    size <- table_dim(x)
    bounds <- table_bounds(size)
    rows <- bounds$rows
    cols <- bounds$cols
    budget <- bounds$budget
    parts <- table_parts(x, seq_len(rows), seq_len(cols))
    cells <- lapply(parts$columns, function(col) table_cells(col, budget))
    paste0(c("<table class=\"dataframe mathjax_ignore tex2jax_ignore\">\n",
             table_caption(x, title, size, rows, cols),
             table_head(parts, size[[2L]] > cols),
             table_body(parts, cells, size, rows, cols),
             "</table>"), collapse = "")
}

# table_parts gives the columns, and the names of columns and rows.
table_parts <- function(x, rows, cols) {
    parts <- if (is.data.frame(x)) frame_columns(x, rows, cols) else matrix_columns(x, rows, cols)
    parts$columns <- lapply(parts$columns, function(column) {
        column$text <- printable(column$text)
        column
    })
    for (part in c("names", "row_names", "axes"))
        if (!is.null(parts[[part]])) parts[[part]] <- printable(parts[[part]])
    parts
}

# printable writes control characters as R prints them: HTML and LaTeX must not have
# them, and nobody would see them. Tabs and line ends are text.
printable <- function(x) {
    x <- utf8(x)
    control <- "[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}]"
    for (sign in unique(unlist(regmatches(x, gregexpr(control, x, perl = TRUE)))))
        x <- gsub(sign, encodeString(sign), x, fixed = TRUE)
    x
}

# table_bounds says how many rows and columns of a table of this size are shown,
# and how many characters of each cell: 300,000 in all, whatever the limits are
# set to.
table_bounds <- function(size) {
    cols <- min(size[[2L]], table_limit("repr.matrix.max.cols", 20), 1000)
    rows <- min(size[[1L]], max(1, 20000 %/% max(1, cols)),
                table_limit("repr.matrix.max.rows", if (size[[1L]] > 60) 30 else 60))
    list(rows = rows, cols = cols, budget = max(20, min(200, 300000 %/% max(1, rows * cols))))
}

table_caption <- function(x, title, size, rows, cols) {
    count <- function(n, what) {
        number <- format(n, big.mark = ",", decimal.mark = ".", scientific = FALSE)
        paste0(number, " ", what, if (n != 1) "s")
    }
    what <- if (is.null(title)) class(x)[[1L]] else title
    text <- paste0(what, ": ", count(size[[1L]], "row"), " \u00d7 ", count(size[[2L]], "column"))
    hidden <- c(if (size[[1L]] > rows) paste("first", count(rows, "row")),
                if (size[[2L]] > cols) paste("first", count(cols, "column")))
    if (length(hidden)) text <- paste0(text, " (", paste(hidden, collapse = ", "), " shown)")
    paste0("<caption style=\"white-space:nowrap\">", html(text), "</caption>\n")
}

table_head <- function(parts, more) {
    right <- vapply(parts$columns, function(column) column$right, NA)
    open <- paste0("<th scope=\"col\" style=\"text-align:", ifelse(right, "right", "left"), "\">",
                   recycle0 = TRUE)
    row <- function(x, corner = "") {
        corner <- if (!is.null(parts$row_names)) paste0("<th>", html(corner), "</th>")
        cells <- paste0(open, html(x), "</th>", recycle0 = TRUE)
        paste0("<tr>", corner, paste0(cells, collapse = ""), if (more) "<th>\u22ef</th>", "</tr>\n")
    }
    above <- if (nzchar(parts$axes[[2L]]) && length(open))
        row(c(parts$axes[[2L]], character(length(open) - 1L)))
    paste0("<thead>\n", above, row(parts$names, parts$axes[[1L]]),
           if (!is.null(parts$types)) row(parts$types), "</thead>\n")
}

table_body <- function(parts, cells, size, rows, cols) {
    if (rows == 0L) return("<tbody></tbody>\n")
    lines <- if (length(cells)) do.call(paste0, unname(cells)) else character(rows)
    if (!is.null(parts$row_names))
        lines <- paste0("<th scope=\"row\">", html(parts$row_names), "</th>", lines)
    if (size[[2L]] > cols) lines <- paste0(lines, "<td>\u22ef</td>")
    more <- if (size[[1L]] > rows) {
        width <- length(cells) + (!is.null(parts$row_names)) + (size[[2L]] > cols)
        paste0("<tr>", strrep("<td>\u22ee</td>", width), "</tr>\n")
    }
    paste0("<tbody>\n", paste0("<tr>", lines, "</tr>\n", collapse = ""), more, "</tbody>\n")
}

# table_cells makes the td elements of a column: shortened, escaped, numbers to
# the right.
table_cells <- function(column, budget) {
    text <- column$text
    long <- nchar(text, "chars", allowNA = TRUE) > budget
    long[is.na(long)] <- FALSE
    text[long] <- paste0(substr(text[long], 1L, budget), "\u2026")
    # Spaces and line ends of text would otherwise be folded into one.
    open <- if (column$right) "<td style=\"text-align:right\">"
            else if (any(grepl("[[:space:]]{2}|[\n\t]", text)))
                "<td style=\"text-align:left;white-space:pre-wrap\">"
            else "<td style=\"text-align:left\">"
    paste0(open, html(text), "</td>")
}

# frame_columns takes the columns of a data frame as the list it is, without the
# methods of its class, which may drop, group or compute.
frame_columns <- function(x, rows, cols) {
    names <- attr(x, "names")
    row_names <- frame_row_names(x, rows)
    x <- unclass(x)[cols]
    out <- list()
    labels <- types <- character()
    for (i in seq_along(x)) for (part in column_parts(x[[i]], names[[i]], rows)) {
        out <- c(out, list(column_text(part$data, length(rows))))
        labels <- c(labels, part$name)
        types <- c(types, part$type)
    }
    list(columns = out, names = labels, types = paste0("<", types, ">", recycle0 = TRUE),
         row_names = row_names, axes = c("", ""))
}

# Automatic row names say nothing; names do.
frame_row_names <- function(x, rows) {
    if (.row_names_info(x, 1L) < 0L || inherits(x, c("tbl", "data.table"))) return(NULL)
    as.character(attr(x, "row.names")[rows])
}

# column_parts gives the head of a column, with its name; of a frame or a matrix in the
# place of a column those of its columns, at most 20. A matrix of a class that has a
# format of its own is one column, as the times of Surv() are.
column_parts <- function(column, name, rows) {
    whole <- is.matrix(column) && is.object(column) && !inherits(column, "AsIs") &&
        !is.null(method_for("format", "base", column))
    if (whole || !is.data.frame(column) && !is.matrix(column))
        return(list(list(name = name, data = column_head(column, rows), type = type_label(column))))
    names <- colnames(column)
    parts <- list()
    for (j in seq_len(min(ncol(column), 20L))) {
        data <- if (is.data.frame(column)) unclass(column)[[j]] else column[rows, j]
        inner <- if (is.null(names) && ncol(column) == 1L) name
                 else paste0(name, ".", if (is.null(names)) j else names[[j]])
        parts <- c(parts, column_parts(data, inner, rows))
    }
    parts[seq_len(min(length(parts), 20L))]
}

# column_head gives the first rows of a column, with its class, which R takes away where
# the class has no method for it.
column_head <- function(column, rows) {
    head <- tryCatch({
        if (length(rows) == length(column)) return(column)
        column[rows]
    }, error = function(e) unclass(column)[rows])
    if (is.object(column) && !is.object(head) && is.null(method_for("[", "base", column)))
        mostattributes(head) <- attributes(column)
    head
}

type_label <- function(x) {
    if (is.factor(x)) return(if (is.ordered(x)) "ord" else "fct")
    class <- class(x)[[1L]]
    switch(class, character = "chr", numeric = "dbl", integer = "int", logical = "lgl",
           complex = "cpl", Date = "date", POSIXct = "dttm", POSIXlt = "dttm", list = "list",
           raw = "raw", class)
}

# column_text formats n values as print does: a common format for numbers, the
# methods of format for classes.
column_text <- function(x, n) {
    right <- is.numeric(x) && !is.factor(x)
    text <- tryCatch(column_format(x), error = function(e) NULL, interrupt = function(e) stop(e))
    if (!is.character(text) || length(text) != n) text <- rep("?", n)
    list(text = text, right = right)
}

column_format <- function(x) {
    if (is_list_column(x)) return(vapply(x, element_text, "", USE.NAMES = FALSE))
    if (is.factor(x)) x <- as.character(x)
    text <- if (is.character(x) && !is.object(x)) x else trimws(as.character(format(x)))
    text[is.na(text)] <- "NA"
    text
}

# is_list_column tells a column of any objects from a list that is a vector of
# something, as times, versions and geometries are, and says how to format it.
is_list_column <- function(x)
    is.list(x) && (inherits(x, c("AsIs", "list")) || is.null(method_for("format", "base", x)))

# element_text is what a cell of a list column shows: short vectors whole.
element_text <- function(x) {
    if (is.null(x)) return("NULL")
    if (is.factor(x)) x <- as.character(x)
    if (is.atomic(x) && length(x) == 1L) return(format(x)[[1L]])
    if (is.atomic(x) && is.null(dim(x)) && length(x) <= 6L && length(x) > 0L)
        return(paste(trimws(format(x)), collapse = ", "))
    size <- if (is.null(dim(x))) length(x) else paste(dim(x), collapse = " \u00d7 ")
    paste0("<", class(x)[[1L]], " [", size, "]>")
}

# matrix_columns: R prints nothing for what is missing from a table, <NA> for a name
# that is missing, and beside the names of rows and columns what they are names of.
matrix_columns <- function(x, rows, cols) {
    labels <- lapply(list(rownames(x), colnames(x)), function(names) {
        if (anyNA(names)) names[is.na(names)] <- "<NA>"
        names
    })
    row_names <- labels[[1L]]
    names <- labels[[2L]]
    axes <- names(dimnames(x))
    blank <- inherits(x, "table")
    x <- unclass(x)
    columns <- lapply(cols, function(j) {
        column <- column_text(x[rows, j], length(rows))
        if (blank) column$text[column$text == "NA"] <- ""
        column
    })
    list(columns = columns, axes = if (is.null(axes)) c("", "") else axes,
         names = if (is.null(names)) paste0("[,", cols, "]") else names[cols],
         types = NULL,
         row_names = if (is.null(row_names)) paste0("[", rows, ",]", recycle0 = TRUE)
                     else row_names[rows])
}
