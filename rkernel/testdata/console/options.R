Options, sinks, connections, source().

#--- width
options(width = 80)
#--- parse error in parse
parse(text = "x y")
#--- source echo
tf <- tempfile(); writeLines(c("1 + 1", "y <- 3 # c", "y"), tf)
source(tf)
source(tf, echo = TRUE)
source(tf, print.eval = TRUE)
#--- capture
capture.output(print(1), cat("x\n"))
#--- sink
tf <- tempfile(); sink(tf); print(1); cat("hidden\n"); 2
sink()
readLines(tf)
#--- sink of messages
con <- file(tempfile(), "w"); sink(con, type = "message"); message("gone"); sink(type = "message"); close(con)
message("back")
#--- textConnection
tc <- textConnection("a\nb"); readLines(tc); close(tc)
#--- options
options(digits = 3); pi
options(digits = 7); pi
options(scipen = 100); 1e10
options(scipen = 0); 1e10
options(width = 40); 1:30
options(width = 80); 1:30
options(OutDec = ","); 1.5
options(OutDec = ".")
#--- max.print
options(max.print = 5); 1:10
options(max.print = 99999)
#--- prompt option
options(prompt = "R> ", continue = "- ")
f <- function() {
  1
}
f()
options(prompt = "> ", continue = "+ ")
#--- option echo
#! a front end shows the code itself; nothing echoes it
options(echo = TRUE)
1 + 1
#--- echo off
#! a front end shows the code itself; nothing echoes it
options(echo = FALSE)
#--- prompt weird
options(prompt = "a\nb ")
2
options(prompt = "%s%d> ", continue = "\\ ")
f <- function() {
  3
}
f()
options(prompt = "größe> ")
4
options(prompt = "> ", continue = "+ ")
#--- prompt invalid
options(prompt = NULL)
#--- prompt invalid 2
options(prompt = 5)
#--- prompt browse
options(prompt = "Browse[1]> ")
1
options(prompt = "> ")
#--- prompt very long
options(prompt = strrep("p", 1000))
1
options(prompt = "> ")
#--- digits
options(digits = 15); pi; 0.1; options(digits = 1); pi; options(digits = 7)
options(digits = 22); 0.1; options(digits = 7)
#--- digits bad
options(digits = 100)
#--- scipen
options(scipen = -10); 100; options(scipen = 0)
#--- width small
options(width = 10); 1:10; letters; options(width = 80)
#--- width big
options(width = 200); 1:60; options(width = 80)
#--- width bad
options(width = 5)
#--- max.print nested
options(max.print = 10); list(1:20, data.frame(a = 1:20)); matrix(1:100, 10); options(max.print = 99999)
#--- deparse
options(deparse.max.lines = 2)
f <- function(x) stop("x")
f({ a; b; c; d })
options(deparse.max.lines = NULL)
#--- keep.source
options(keep.source = FALSE)
f <- function(x)   x  # gone
f
options(keep.source = TRUE)
f <- function(x)   x  # kept
f
#--- encoding option
options(encoding = "latin1"); x <- "é"; x; options(encoding = "native.enc")
#--- useFancyQuotes
options(useFancyQuotes = FALSE); sQuote("a"); options(useFancyQuotes = TRUE); sQuote("a"); dQuote("b")
#--- stringsAsFactors, na.print
print(c(a = NA, b = 1), na.print = "-")
#--- options result
options(digits = 5)
op <- options(digits = 7); op
#--- verbose
options(verbose = TRUE); 1; options(verbose = FALSE)
#--- Rprof
tf <- tempfile(); Rprof(tf, interval = 0.01); for (i in 1:100000) sqrt(i); Rprof(NULL)
file.exists(tf)
#--- Rprofmem
try(Rprofmem(tempfile()))
#--- gctorture
gctorture(FALSE)
#--- gcinfo
gcinfo(FALSE)
#--- tracemem
x <- 1:3; tryCatch(tracemem(x), error = function(e) cat("none\n")) -> y; is.character(y); untracemem(x)
#--- mem
is.numeric(gc(reset = TRUE))
#--- sink stack
t1 <- tempfile(); t2 <- tempfile()
sink(t1); print("one"); sink(t2); print("two"); sink(); print("three"); sink()
readLines(t1); readLines(t2)
#--- sink split
sink(t1, split = TRUE); print("split"); "auto"; sink()
readLines(t1)
#--- sink twice off
sink()
#--- sink number
sink.number()
#--- sink error inside
sink(t1); stop("inside sink")
#--- sink off
sink()
readLines(t1)
#--- sink value
sink(t1)
42
sink()
readLines(t1)
#--- sink msg and output
zz <- file(t1, open = "wt"); sink(zz); sink(zz, type = "message"); print("p"); message("m"); warning("w"); sink(type = "message"); sink(); close(zz)
readLines(t1)
#--- sink textConnection
tc <- textConnection("captured", "w"); sink(tc); print(1:3); cat("incomplete"); sink(); close(tc)
captured
#--- capture.output nested
capture.output({ print("a"); capture.output(print("b")); cat("c") })
#--- capture type message
capture.output(message("m"), type = "message")
#--- capture visible
capture.output(1, invisible(2), 3)
#--- capture error
capture.output({ print("before"); stop("in capture") })
#--- no sink is left
sink.number()
#--- textConnection read
tc <- textConnection(c("l1", "l2", "l3")); readLines(tc, 1); readLines(tc); close(tc)
#--- source print
tf <- tempfile(fileext = ".R")
writeLines(c("# comment", "x <- 10", "x * 2", "f <- function(a) {", "  a + 1", "}", "f(1)", "invisible(5)", "if (TRUE)", "  'multi'", "'end'"), tf)
source(tf)
source(tf, echo = TRUE)
source(tf, echo = TRUE, spaced = FALSE, prompt.echo = "# ", max.deparse.length = 20)
source(tf, echo = TRUE, print.eval = FALSE)
source(tf, local = TRUE)$value
withVisible(source(tf))$visible
#--- source error
writeLines(c("1", "stop('in file')", "2"), tf)
source(tf)
#--- source error echo
source(tf, echo = TRUE)
#--- source syntax error
writeLines(c("1", "x y"), tf)
try(source(tf), silent = TRUE); cat(sub("^.*/", "", geterrmessage()))
#--- source exprs
source(exprs = expression(1 + 1, print(3)), echo = TRUE)
#--- source text conn
source(textConnection("a <- 3; a"), echo = TRUE)
#--- sys.source
e <- new.env(); writeLines("v <- 1", tf); sys.source(tf, e); e$v
#--- eval parse multi
eval(parse(text = "1; 2; cat('x\n')"))
for (e in parse(text = "1; 2")) print(eval(e))
#--- parse keep
p <- parse(text = "f <- function(x) { x } # c", keep.source = TRUE); p; attributes(p)$srcref
#--- str2lang
str2lang("a + b"); str2expression("a; b")
#--- example-like withAutoprint
withAutoprint({ x <- 1; x + 1; invisible(3); print("p") })
#--- dput source
dput("a\tb"); dput(c(a = 1)); dput(list(1, "x")); dump("x", ""); dput(quote(if (a) b))
#--- format prints
format(Sys.time(), "%Y") > "2000"; format(TRUE); format(c("a", "bbb")); formatC(3.14159, width = 10); prettyNum(1e6, big.mark = ",")
toupper("é"); chartr("é", "e", "café"); rev(utf8ToInt("aé")); nchar("🎉", "bytes"); sprintf("%5s|%-5s|", "é", "世"); formatC("é", width = 5); format("世界", width = 6)
substr("größe", 3, 3); strsplit("größe", ""); casefold("É", upper = FALSE); iconv("x\xe9", "latin1", "UTF-8"); enc2utf8("é"); Encoding("é"); validUTF8("\xff")
#--- strtoi
strtoi("077", 8); bitwAnd(5L, 3L); rev(1:3); as.hexmode(255); as.octmode(8)
#--- wide chars data frame
data.frame(a = c("é", "世界", "🎉"), b = 1:3)
matrix(c("é", "世界", "ab", "c"), 2)
c("é", "世界")
factor(c("é", "世界"))
list(`é` = 1)
noquote(c("世", "a"))
#--- quote escapes
print("a\"b"); print('a"b', quote = FALSE); cat("a\\b\n"); print("a\\b"); "\u00a0"; "a\u0300"; "\u2028"; "\U10FFFF"; "\ud800"
#--- bytes enc
x <- "caf\xc3\xa9"; Encoding(x) <- "bytes"; x; cat(x, "\n")
#--- raw bytes
cat(rawToChar(as.raw(c(0xe4, 0xb8))), "\n")
#! bytes that are not UTF-8 are escaped as R prints them; plain R writes them raw
#--- setlocale
Sys.setlocale("LC_COLLATE", "C"); sort(c("b", "A", "a")); 
Sys.setlocale("LC_MESSAGES", "C")
#--- Sys.setenv LANG
Sys.setenv(LANGUAGE = "de"); tryCatch(log("a"), error = function(e) nchar(conditionMessage(e)) > 0); Sys.setenv(LANGUAGE = "en")
#--- bindtextdomain
Sys.getlocale("LC_CTYPE") != ""
#--- time zones
Sys.setenv(TZ = "America/New_York"); as.POSIXct(0, origin = "1970-01-01"); Sys.setenv(TZ = "UTC"); as.POSIXct(0, origin = "1970-01-01"); Sys.unsetenv("TZ")
