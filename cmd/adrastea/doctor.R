local({
    fact <- function(name, value) cat(name, "=", format(value), "\n", sep = "")
    fact("utf8", l10n_info()[["UTF-8"]])
    fact("locale", Sys.getlocale("LC_CTYPE"))
    fact("cairo", capabilities("cairo")[[1L]])
    if (capabilities("cairo")) {
        graphics::plot(1)
        fact("letters", graphics::strwidth("W") > 1.2 * graphics::strwidth("i"))
    }
})
