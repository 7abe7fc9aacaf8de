package io.espalier.worker.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/** Reads markup as XML, and looks for elements in it. */
public final class Pages {
  private Pages() {}

  public static Document parse(String markup) throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
    factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(markup)));
  }

  /** All elements of a name whose class attribute is exactly this. */
  public static List<Element> all(Document page, String name, String style) {
    return all(page, name).stream()
        .filter(element -> element.getAttribute("class").equals(style))
        .toList();
  }

  public static List<Element> all(Document page, String name) {
    var found = new ArrayList<Element>();
    var nodes = page.getElementsByTagName(name);
    for (int i = 0; i < nodes.getLength(); i++) {
      found.add((Element) nodes.item(i));
    }
    return found;
  }

  /** Returns what elements say when pointed at. */
  public static List<String> titles(Document page) {
    return all(page, "title").stream().map(Element::getTextContent).toList();
  }

  public static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }
}
