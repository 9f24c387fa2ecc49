package llava4j.text.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Python's `strftime` in the C locale, of a local time without a zone.
final class TimeFormat {
  private TimeFormat() {}

  static String format(String format, LocalDateTime time) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < format.length(); at++) {
      char sign = format.charAt(at);
      if (sign != '%' || at + 1 == format.length()) {
        text.append(sign);
        continue;
      }
      char field = format.charAt(++at);
      boolean unpadded = field == '-' && at + 1 < format.length();
      if (unpadded) {
        field = format.charAt(++at);
      }
      String value = field(field, time);
      text.append(unpadded && value.length() > 1 ? value.replaceFirst("^0+(?=\\d)", "") : value);
    }
    return text.toString();
  }

  private static String field(char field, LocalDateTime time) {
    String pattern =
        switch (field) {
          case 'a' -> "EEE";
          case 'A' -> "EEEE";
          case 'b', 'h' -> "MMM";
          case 'B' -> "MMMM";
          case 'd' -> "dd";
          case 'm' -> "MM";
          case 'y' -> "yy";
          case 'Y' -> "yyyy";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case 'f' -> "SSSSSS";
          case 'F' -> "yyyy-MM-dd";
          case 'D', 'x' -> "MM/dd/yy";
          case 'T', 'X' -> "HH:mm:ss";
          case 'R' -> "HH:mm";
          case 'c' -> "EEE MMM ppd HH:mm:ss yyyy";
          case 'e' -> "ppd";
          case 'Z', 'z' -> "";
          case '%' -> "'%'";
          default ->
              throw new JinjaException("strftime_now: the field %" + field + " is not supported");
        };
    return pattern.isEmpty()
        ? ""
        : DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
  }
}
