# Tables as LaTeX and Markdown, for documents made of notebooks. They cost space in
# every notebook and front ends show the HTML, so options(adrastea.table.mimetypes)
# asks for them. They have the rows and columns of the HTML.

table_forms <- function(x) {
    wanted <- getOption("adrastea.table.mimetypes", "text/html")
    forms <- list("text/html" = table_html, "text/latex" = table_latex,
                  "text/markdown" = table_markdown)
    forms <- forms[names(forms) %in% wanted]
    unlist(lapply(names(forms), function(mime) list(mime, forms[[mime]](x))), recursive = FALSE)
}

# table_cells_text gives the cells of a table as a list of columns, each led by its
# name and with the alignment "l" or "r" in its attribute right.
table_cells_text <- function(x) {
    size <- table_dim(x)
    limit <- table_bounds(size)
    parts <- table_parts(x, seq_len(limit$rows), seq_len(limit$cols))
    column <- function(name, text, right) {
        text <- substr(gsub("[[:space:]]+", " ", c(name, text)), 1L, limit$budget)
        structure(c(text, if (size[[1L]] > limit$rows) "\u22ee"), right = right)
    }
    columns <- mapply(function(name, part) column(name, part$text, part$right), parts$names,
                      parts$columns, SIMPLIFY = FALSE, USE.NAMES = FALSE)
    corner <- paste(parts$axes[nzchar(parts$axes)], collapse = " / ")
    if (!is.null(parts$row_names)) columns <- c(list(column(corner, parts$row_names, FALSE)), columns)
    if (size[[2L]] > limit$cols)
        columns <- c(columns, list(column("\u22ef", rep("\u22ef", limit$rows), FALSE)))
    columns
}

table_align <- function(columns, left, right)
    vapply(columns, function(col) if (attr(col, "right")) right else left, "")

# table_lines puts the columns beside each other, a string for each row.
table_lines <- function(columns, between)
    if (length(columns)) do.call(paste, c(lapply(columns, as.vector), sep = between)) else ""

table_markdown <- function(x) {
    columns <- table_cells_text(x)
    escaped <- lapply(columns, function(col) gsub("([\\\\`*_{}\\[\\]<>|#~$])", "\\\\\\1", col, perl = TRUE))
    lines <- paste0("| ", table_lines(escaped, " | "), " |")
    rule <- paste0("|", paste(table_align(columns, ":--", "--:"), collapse = "|"), "|")
    paste(c(lines[1L], rule, lines[-1L]), collapse = "\n")
}

latex_signs <- c("\\" = "\\textbackslash{}", "{" = "\\{", "}" = "\\}", "#" = "\\#", "$" = "\\$",
                 "%" = "\\%", "&" = "\\&", "_" = "\\_", "~" = "\\textasciitilde{}",
                 "^" = "\\textasciicircum{}", "<" = "\\textless{}", ">" = "\\textgreater{}")
# As names in a call they would be symbols, which a C locale cannot have.
latex_signs[c("\u22ee", "\u22ef")] <- c("\\(\\vdots\\)", "\\(\\cdots\\)")

latex <- function(x) {
    chars <- strsplit(x, "")
    vapply(chars, function(char) {
        known <- char %in% names(latex_signs)
        char[known] <- latex_signs[char[known]]
        paste(char, collapse = "")
    }, "")
}

table_latex <- function(x) {
    columns <- table_cells_text(x)
    lines <- table_lines(lapply(columns, function(col) latex(as.vector(col))), " & ")
    # Behind \\ these are options of it, also on the next line.
    lines <- paste0(sub("^ *([[*])", "{\\1}", lines), " \\\\")
    paste(c(paste0("\\begin{tabular}{", paste(table_align(columns, "l", "r"), collapse = ""), "}"),
            "\\hline", lines[1L], "\\hline", lines[-1L], "\\hline", "\\end{tabular}"),
          collapse = "\n")
}
