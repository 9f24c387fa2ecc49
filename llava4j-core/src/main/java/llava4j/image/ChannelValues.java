package llava4j.image;

/// A number for each colour channel.
public record ChannelValues(double red, double green, double blue) {
  double channel(int index) {
    return index == 0 ? red : index == 1 ? green : blue;
  }
}
