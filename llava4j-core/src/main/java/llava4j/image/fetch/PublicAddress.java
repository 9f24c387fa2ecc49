package llava4j.image.fetch;

import java.net.Inet4Address;
import java.net.InetAddress;

/// Decides which IP addresses are public (IANA special-purpose registries).
final class PublicAddress {
  private PublicAddress() {}

  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
  }

  private static boolean isPublic4(byte[] bytes) {
    int a = bytes[0] & 0xFF;
    int b = bytes[1] & 0xFF;
    int c = bytes[2] & 0xFF;
    boolean thisNetwork = a == 0 || a == 10 || a == 127;
    boolean carrierGrade = a == 100 && (b & 0xC0) == 64;
    boolean linkLocal = a == 169 && b == 254;
    boolean siteLocal = (a == 172 && (b & 0xF0) == 16) || (a == 192 && b == 168);
    boolean protocol = a == 192 && b == 0 && (c == 0 || c == 2);
    boolean relay = a == 192 && b == 88 && c == 99;
    boolean tests =
        (a == 198 && (b & 0xFE) == 18)
            || (a == 198 && b == 51 && c == 100)
            || (a == 203 && b == 0 && c == 113);
    return !(thisNetwork || carrierGrade || linkLocal || siteLocal || protocol || relay || tests)
        && a < 224;
  }

  /// Only 2000::/3 is assigned. Within it, Teredo, ORCHID, documentation and 6to4 are refused,
  /// because they lead to other addresses or nowhere.
  private static boolean isPublic6(byte[] bytes) {
    int first = (bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF);
    int second = (bytes[2] & 0xFF) << 8 | (bytes[3] & 0xFF);
    boolean special =
        (first == 0x2001 && second < 0x0200)
            || (first == 0x2001 && second == 0x0DB8)
            || first == 0x2002
            || (first & 0xFFF0) == 0x3FF0;
    return (first & 0xE000) == 0x2000 && !special;
  }
}
